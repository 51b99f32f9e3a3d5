# ما تقوله الصفحات بالعربية. الرسائل نفسها كما في en.ftl بالمتغيرات والوسوم نفسها.

## حول كل صفحة.

skip = الانتقال إلى المحتوى
brand = { $platform } <soft>وبياناتك</soft>
pages = الصفحات
sign-out = تسجيل الخروج
place-settings = الإعدادات
place-data = بياناتك
place-shared = ما تمت مشاركته
place-history = السجل
place-partners = الشركاء
place-device = هذا المتصفح
language = اللغة
footer = تعمل هذه الصفحات من دون برامج نصية ولا تحمّل شيئًا من أي جهة أخرى. ومن دون برامج نصية تكون جميع الأوقات بتوقيت UTC.
clock = { $time } UTC
day-and-clock = { $day }، { $time } UTC
name = { $name }

## الإعدادات وحالاتها.

setting-sharing = مشاركة بياناتك مع شركاء أعمال { $platform }
setting-personalize-ads = تخصيص الإعلانات
state-sharing-on = المشاركة مفعّلة
state-sharing-off = المشاركة متوقفة
state-personalize-ads-on = الإعلانات المخصصة مفعّلة
state-personalize-ads-off = الإعلانات المخصصة متوقفة
state-unchosen = لم يُختر بعد
turn-sharing-on = تفعيل المشاركة
turn-sharing-off = إيقاف المشاركة
turn-personalize-ads-on = تفعيل الإعلانات المخصصة
turn-personalize-ads-off = إيقاف الإعلانات المخصصة
meaning-sharing-on = يحصل شركاء المزايدة الفورية وقياس التحويلات على البيانات التي تذكرها قائمة الشركاء لكل منهم.
meaning-sharing-off = بموجب هذه الترتيبات لا يحصلون على شيء عنك ولا عن أجهزتك. ستظل ترى الإعلانات، وقد يُطلب من شريك إعلان يناسب الصفحة وحدها.
meaning-personalize-ads-on = قد يتعرف شركاء المزايدة على جهازك، وقد يحصلون على ما عرفه { $platform } عنك من الشركاء ومن نشاطك في أماكن أخرى.
meaning-personalize-ads-off = لا يحصلون على هذا ولا ذاك. وقد يستمر قياس الإعلانات التي رآها جهازك ما دامت المشاركة مفعّلة.
on = تفعيل
off = إيقاف

## /settings

settings-title = إعداداتك
settings-heading = التخصيص والبيانات
settings-lead = ما دامت المشاركة مفعّلة، يخبر { $platform } <partners>{ $who }</partners> بما يلي: { $data }. ولا يحصل كل منهم على ذلك كله: القائمة تبيّن من يحصل على ماذا. ولا يُرسل إليهم أبدًا اسمك ولا بريدك الإلكتروني ولا رقم هاتفك ولا اسم المستخدم الخاص بك.
settings-lead-nothing = لا يحصل أي <partners>شريك</partners> على بيانات عنك في الوقت الحالي. ولا يُرسل إلى أي شريك أبدًا اسمك ولا بريدك الإلكتروني ولا رقم هاتفك ولا اسم المستخدم الخاص بك.
outgoing-bidding = { $partners ->
    [zero] لا شريك للمزايدة الفورية
    [one] شريكًا واحدًا للمزايدة الفورية
    [two] شريكين للمزايدة الفورية
    [few] { $partners } شركاء للمزايدة الفورية
    [many] { $partners } شريكًا للمزايدة الفورية
   *[other] { $partners } شريك للمزايدة الفورية
}
outgoing-tracking = { $partners ->
    [zero] لا شريك لقياس التحويلات
    [one] شريكًا واحدًا لقياس التحويلات
    [two] شريكين لقياس التحويلات
    [few] { $partners } شركاء لقياس التحويلات
    [many] { $partners } شريكًا لقياس التحويلات
   *[other] { $partners } شريك لقياس التحويلات
}
saved-state = <strong>{ $state }.</strong> حُفظ في { $saved }.
effect-since = ساري المفعول في كل مكان منذ { $since }.
effect-by = يسري في كل مكان في { $by } على أبعد تقدير. وستقول هذه الصفحة ذلك فور حدوثه؛ ومن دون برامج نصية يُرجى إعادة تحميلها.
gpc-honoured = <strong>يطلب متصفحك عدم المشاركة (Global Privacy Control): وهذا محترم هنا.</strong>
gpc-meaning = كل ما يأتي من هذا المتصفح مع هذه الإشارة لا يشارك شيئًا عنك، حتى عندما تكون المشاركة مفعّلة.
gpc-elsewhere = أجهزتك ومتصفحاتك الأخرى تتبع المفتاح أدناه.
gpc-question = <strong>يطلب متصفحك عدم المشاركة، ومفتاحك مفعّل.</strong> في هذا المتصفح تُتّبع الإشارة أيًّا كان اختيارك. فماذا ينبغي أن يسري على أجهزتك ومتصفحاتك الأخرى؟
gpc-question-once = نسأل عن هذا مرة واحدة ونسجّل جوابك في <history>السجل</history>.
gpc-turn-off = إيقاف المشاركة في كل مكان
gpc-keep-on = إبقاء المشاركة مفعّلة في الأماكن الأخرى
stale = <strong>لا تستطيع نقطة الإرسال هذه تأكيد أحدث الاختيارات في الوقت الحالي.</strong> وإلى أن تستطيع ذلك لا ترسل شيئًا عن أي أحد.
chosen-person = أنت اخترت هذا: { $when }.
chosen-gpc = اختار متصفحك هذا (Global Privacy Control): { $when }.
chosen-operator = ضبط { $platform } هذا: { $when }.
chosen-law = ضُبط هذا بموجب التزام قانوني: { $when }.
chosen-undated = جرى اختيار هذا.
default-country = لم يُختر بعد: هذا هو الوضع الافتراضي لهذا البلد: { $country }. وحيث تسري قاعدة أشد فالعبرة بالأشد.
default-unknown = لم يُختر بعد: لا يعرف { $platform } بلدك، ولذلك يسري الوضع الافتراضي الأشد.
default-law = الأساس: { $law }.
effect-heading = متى يسري التغيير
effect-within = { $seconds ->
    [zero] يسري التغيير في كل مكان فورًا. وإلى أن يصل إلى نقطة إرسال لا ترسل تلك النقطة شيئًا.
    [one] يسري التغيير في كل مكان خلال ثانية واحدة. وإلى أن يصل إلى نقطة إرسال لا ترسل تلك النقطة شيئًا.
    [two] يسري التغيير في كل مكان خلال ثانيتين. وإلى أن يصل إلى نقطة إرسال لا ترسل تلك النقطة شيئًا.
    [few] يسري التغيير في كل مكان خلال { $seconds } ثوانٍ. وإلى أن يصل إلى نقطة إرسال لا ترسل تلك النقطة شيئًا.
    [many] يسري التغيير في كل مكان خلال { $seconds } ثانية. وإلى أن يصل إلى نقطة إرسال لا ترسل تلك النقطة شيئًا.
   *[other] يسري التغيير في كل مكان خلال { $seconds } ثانية. وإلى أن يصل إلى نقطة إرسال لا ترسل تلك النقطة شيئًا.
}
effect-bills = بعد «الإيقاف» قد تُحتسب فاتورة إعلان كان قد فاز من قبل؛ وتلك الرسالة لا تقول شيئًا عنك.
reach-heading = أين يسري اختيارك
reach-linked = على حسابك، وعلى { $linked } مما تستخدمه معه. «الإيقاف» يغلقها أمام كل من يستخدمها. و«التفعيل» لا يفتح إلا ما لم يغلقه أحد غيرك.
reach-account = على حسابك أينما استخدمته. ولا يوجد جهاز أو متصفح مرتبط به في الوقت الحالي.
reach-browser = ما تختاره <device>لهذا المتصفح وحده</device> يسري أيضًا وأنت غير مسجّل الدخول.
linked-devices = { $count ->
    [zero] لا أجهزة
    [one] جهاز واحد
    [two] جهازين
    [few] { $count } أجهزة
    [many] { $count } جهازًا
   *[other] { $count } جهاز
}
linked-browsers = { $count ->
    [zero] لا متصفحات
    [one] متصفح واحد
    [two] متصفحين
    [few] { $count } متصفحات
    [many] { $count } متصفحًا
   *[other] { $count } متصفح
}
before-heading = ما خرج من قبل
before-text = يسري التغيير من الآن فصاعدًا. وما حصل عليه الشركاء من قبل موجود في <shared>ما تمت مشاركته</shared>، بالقيم الفعلية.
before-forget = عندما توقف المشاركة، يُطلب أيضًا من الشركاء الذين تلقّوا شيئًا عنك بموجبها أن ينسوه، ما داموا يقبلون مثل هذه الرسائل.
before-recalled = شركاء طُلب منهم نسيان ما تلقّوه أو تصحيحه:
recalled-damaged = لا يمكن الآن قراءة ما وصل إليه الشركاء في نسيان ما طُلب منهم نسيانه أو تصحيحه.
scope-heading = ما لا تشمله هذه الإعدادات
scope-text = الشركات التي تعمل لصالح { $platform } بناءً على تعليماته (مقدمو الخدمات)، والترتيبات الأخرى، ولو مع الشركاء أنفسهم. وكلها في <partners>قائمة الشركاء</partners>، وما أُرسل إليها في <shared>ما تمت مشاركته</shared>.

## /device

device-title-browser = هذا المتصفح
device-title-device = هذا الجهاز
device-lead-browser = لا تحتاج إلى حساب لهذا: المفتاحان أدناه يسريان على هذا المتصفح أيًّا كان من يستخدمه.
device-lead-device = لا تحتاج إلى حساب لهذا: المفتاحان أدناه يسريان على هذا الجهاز أيًّا كان من يستخدمه.
device-cookie = يُحفظ اختيارك تحت رقم في ملف تعريف ارتباط في هذا المتصفح. ولا يوجد رقم قبل أن تختار، وحذف الملف يحذف الاختيار.
device-visit = يستطيع كل من يستخدم هذا المتصفح أن يرى هذه الاختيارات ويغيّرها إلى أن تغادر الصفحة: اثنتي عشرة ساعة على الأكثر، وساعتين إذا لم يُفعل شيء.
device-leave = مغادرة صفحة هذا الجهاز
device-signing-in-heading = ما الذي يغيّره تسجيل الدخول
device-signing-in-both = لا تقل الحماية أبدًا: عند تسجيل الدخول يُحسب مفتاحا حسابك أيضًا، والعبرة بالأكثر حماية.
device-signing-in-account = يسري مفتاحا حسابك أينما استخدمته؛ أما هذان فيسريان هنا فقط.
device-signing-in-records = بعد تسجيل الدخول ترى أيضًا البيانات المحفوظة عن حسابك وما تمت مشاركته منها. ولا تعرض هذه الصفحة إلا ما خرج من دون حساب.
device-sign-in = تسجيل الدخول في { $platform }
device-closed-sharing = المشاركة مغلقة هنا أيضًا لأن حسابًا يُستخدم هنا أوقفها. وما تختاره أدناه لا يفتحها.
device-closed-personalize-ads = الإعلانات المخصصة مغلقة هنا أيضًا لأن حسابًا يُستخدم هنا أوقفها. وما تختاره أدناه لا يفتحها.
device-closed-chosen = المختار هنا وحده: تفعيل
device-closed-own = اختير هنا وحده «تفعيل»، وهذا لا يفتح شيئًا.
device-closed-unchosen = أوقف هذا حسابٌ يُستخدم هنا. ولم يُختر هنا وحده شيء.
device-default = إلى أن يختار أحد، يسري الوضع الافتراضي للبلد الذي أنت فيه. وحيث لا يعرفه { $platform } فهو «الإيقاف».
device-scope = الشركات التي تعمل لصالح { $platform } بناءً على تعليماته (مقدمو الخدمات)، والترتيبات الأخرى، ولو مع الشركاء أنفسهم. وكلها في <partners>قائمة الشركاء</partners>.
device-records = ما خرج من دون حساب
device-records-text = أي بيانات عن هذا المتصفح أو الجهاز ذهبت ولمن، وما الذي حُجب: <shared>ما تمت مشاركته</shared>. وكل تغيير للمفتاحين: <history>السجل</history>.
device-nothing-yet = لا شيء محفوظ عن هذا المتصفح: لم يختر أحد شيئًا هنا.

## /settings/data

data-title = بياناتك
data-heading = بياناتك لدى { $platform }
data-lead = ما يحفظه { $platform } عنك من أجل الإعلانات، ومصدر كل قيمة، ومن قد يحصل عليها. وما تصححه أو توقفه أو تحذفه هنا يسري منذ تلك اللحظة.
data-saved = <strong>حُفظ في { $saved }.</strong> ساري المفعول منذ ذلك الحين في كل نقاط الإرسال: يحصل الشركاء على القيمة الجديدة ابتداءً من الرسالة التالية.
data-age-unknown = <strong>لا يعرف { $platform } إن كان عمرك 18 عامًا أو أكثر.</strong> وإلى أن يعرف لا يذهب جنسك ولا فئتك العمرية إلى أي شريك.
data-under-18 = <strong>بحسب ما يعرفه { $platform } فإن عمرك أقل من 18 عامًا.</strong> لا يذهب جنسك ولا فئتك العمرية ولا معرّف جهازك إلى أي شريك. والتصحيح في هذه الصفحة لا يغيّر ذلك.
data-child = <strong>بحسب ما يعرفه { $platform } فإنك أصغر مما يحدده قانون بلدك.</strong> لا يذهب شيء عنك إلى أي شريك. والتصحيح في هذه الصفحة لا يغيّر ذلك.
attribute-gender = الجنس
attribute-age-band = الفئة العمرية
attribute-languages = اللغات
attribute-interests = الاهتمامات
in-use = قيد الاستخدام
held = غير مستخدم بسبب العمر
unknown = غير معروف
disabled = غير مستخدم
removed = محذوف
data-nothing = ليست لدى { $platform } قيمة، ولا يحصل أي شريك على واحدة.
data-disabled = طلبت من { $platform } ألا يستخدم هذا. لا يحصل عليه أي شريك.
data-removed = طلبت حذف هذا. لا يحصل عليه أي شريك، وما يقوله الآخرون من الآن فصاعدًا لا يُحفظ.
data-source = المصدر: { $source }.
data-source-since = المصدر: { $source }، { $since }.
data-source-sure = المصدر: { $source } (بثقة { $percent }%).
data-source-sure-since = المصدر: { $source }، { $since } (بثقة { $percent }%).
data-on-file = كل القيم المحفوظة
data-first-counts = العبرة بالأولى. وما تقوله أنت يتقدم على كل ما سواه.
data-you-first = ما تقوله أنت يتقدم على كل ما سواه.
data-candidate = { $value }: { $source }
data-candidate-since = { $value }: { $source }، { $since }
data-candidate-sure = { $value }: { $source } (بثقة { $percent }%)
data-candidate-sure-since = { $value }: { $source }، { $since } (بثقة { $percent }%)
data-correct-what = <hidden>{ $what }: </hidden>التصحيح إلى
data-choose = اختر
data-save = حفظ<hidden>: { $what }</hidden>
data-disable = عدم استخدام هذا<hidden>: { $what }</hidden>
data-enable = استخدامه من جديد<hidden>: { $what }</hidden>
data-remove = حذف<hidden>: { $what }</hidden>
data-receivers-none = لا يشمل هذا أي ترتيب ساري المفعول.
data-receivers = من قد يحصل عليه، ما دامت إعداداتك وكل القواعد تسمح بذلك:
data-receiver = <partnership>{ $partner }: { $title }</partnership>
data-receiver-outside = <partnership>{ $partner }: { $title }</partnership> (خارج إعداد المشاركة)
data-platform-only = لا يستخدم هذا إلا { $platform } نفسه. ولا يحصل عليه أي شريك.
data-nothing-known = لم يسجّل { $platform } شيئًا.
data-export-heading = خذها معك
data-export-text = كل ما في هذه الصفحة، مع الإشارة إلى ما أوقفته أو حذفته: <json>بياناتك بصيغة JSON</json>.
data-export-receipt = ما اخترته ومتى وتحت أي كلمات، وما تلقّاه كل شريك: <receipt>إيصال موافقتك</receipt> (JSON-LD، ‏ISO/IEC TS 27560).
source-declared = أنت قلت ذلك
source-own = أنت صححته هنا
source-inferred = استنتجه { $platform } مما يحدث في { $platform }
source-partner = قاله شريك
source-off-platform = مستنتج من نشاط خارج { $platform }
since-day = منذ { $day }
gender-female = أنثى
gender-male = ذكر
gender-other = غير ذلك
age-band-18-24 = من 18 إلى 24
age-band-25-34 = من 25 إلى 34
age-band-35-44 = من 35 إلى 44
age-band-45-54 = من 45 إلى 54
age-band-55-64 = من 55 إلى 64
age-band-65 = 65 فأكثر

elsewhere-heading = ما يقوله الآخرون عنك
elsewhere-open = إعداد «تخصيص الإعلانات» <settings>في إعداداتك</settings> يقرر إن كان أي من هذا يُحفظ. وهو مفعّل. عندما توقفه يُحذف كل هذا، ويُهمل ما يرسله الآخرون بعد ذلك.
elsewhere-off = إعداد «تخصيص الإعلانات» <settings>في إعداداتك</settings> يقرر إن كان أي من هذا يُحفظ. وهو متوقف: لا يُحفظ شيء، ويُهمل ما يرسله الآخرون. وإن فعّلته لاحقًا فلا يُحسب إلا ما يرسلونه بعد ذلك.
elsewhere-age = إعداد «تخصيص الإعلانات» <settings>في إعداداتك</settings> يقرر إن كان أي من هذا يُحفظ. ولأن { $platform } لا يعلم أن عمرك 18 عامًا أو أكثر، لا يُحفظ شيء في الحالتين.
lists-heading = قوائم وضعك فيها شركاء ومعلنون
lists-none = لست في أي قائمة.
lists-lead = تعود القائمة إلى الشريك الذي أنشأها عندما يجوز أن تُطلب منه مزايدة وأن يتعرف عليك، وإلى خادم إعلانات { $platform } نفسه. ولا تذهب إلى أي شريك آخر، ولا تُستخدم ما دام فيها عدد قليل إلى حد أنها تشير إليك.
list-by = وضعك فيها <partnership>{ $partner }</partnership>.
list-by-for = وضعك فيها <partnership>{ $partner }</partnership>، لصالح { $advertiser }.
list-dates = منذ { $since }، وحتى { $until } على أبعد تقدير.
list-remove = إخراجي<hidden> من القائمة { $list }</hidden>
list-unknown = قائمة لم يعد يجوز استخدامها
activity-heading = النشاط خارج { $platform }
activity-none = لم يقل أي معلن ما فعلته في موقعه أو تطبيقه.
activity-lead = ما قالته مواقع هؤلاء المعلنين وتطبيقاتهم عمّا فعلته هناك. قد يستخدمه خادم إعلانات { $platform } نفسه؛ ولا يحصل عليه أي شريك.
activity-done = { $what }، وآخر مرة في { $last }
activity-until = يُحفظ حتى { $until } على أبعد تقدير.
activity-remove = حذف<hidden> النشاط لدى { $advertiser }</hidden>
activity-visit = زرت موقعه
activity-view-product = شاهدت شيئًا يبيعه
activity-add-to-cart = وضعت شيئًا في سلة التسوق
activity-sign-up = سجّلت لديه
activity-purchase = اشتريت شيئًا
activity-open-app = فتحت تطبيقه
everything = كل ما سبق
everything-text = يخرجك من كل القوائم أعلاه ويحذف كل النشاط أعلاه.
everything-remove = حذف كل ذلك
removed-heading = ما حذفته
removed-text = لن تُعاد إلى هذه مهما أُرسل.
removed-list = { $list } ({ $partner })
removed-activity = النشاط لدى { $advertiser }

## /settings/shared و /device/shared

shared-title = ما تمت مشاركته
shared-lead = كل ما خرج عن حسابك من { $platform } إلى شريك، أو ربما خرج، بالقيم الفعلية، وما حُجب ولماذا.
shared-lead-browser = ما خرج من { $platform } عن هذا المتصفح من دون حساب، أو ربما خرج، بالقيم الفعلية، وما حُجب ولماذا.
shared-lead-device = ما خرج من { $platform } عن هذا الجهاز من دون حساب، أو ربما خرج، بالقيم الفعلية، وما حُجب ولماذا.
shared-notes = كيف يُقرأ هذا
shared-before = تُسجّل كل رسالة هنا قبل إرسالها، ولذلك تُحسب أيضًا رسالة لم تصل بعد ذلك.
shared-bills = الشريك الذي عُرض إعلانه يُخبَر بذلك وبالسعر كي يدفع. وإشعار الفوترة هذا لا يحمل شيئًا عنك، ولذلك يُسجّل فوترةً ولا يُدرج هنا. ويُرسل أيضًا إن كنت قد أوقفت المشاركة بعد ذلك.
shared-filter = أي وقت وأي شريك
range = الوقت
range-today = اليوم
range-7-days = 7 أيام
range-30-days = 30 يومًا
range-month = { $month }
partner = الشريك
partner-all = كل الشركاء
show = عرض
show-what = ماذا
show-everything = الكل
show-told = ما تمت مشاركته فقط
show-withheld = ما حُجب فقط
shared-from = من { $from } إلى الآن.
shared-from-until = من { $from } إلى { $until }.
shared-months = شهرًا بشهر
shared-download = تنزيل هذا: <json>JSON</json>، <csv>CSV</csv>
shared-summary = { $messages ->
    [0] في هذا الوقت لم يخرج شيء عنك إلى شريك يخضع لإعداد المشاركة.
    [zero] في هذا الوقت لم يخرج شيء عنك إلى شريك يخضع لإعداد المشاركة.
    [one] في هذا الوقت خرجت، أو ربما خرجت، رسالة واحدة فيها بيانات عنك إلى شريك يخضع لإعداد المشاركة.
    [two] في هذا الوقت خرجت، أو ربما خرجت، رسالتان فيهما بيانات عنك إلى شركاء يخضعون لإعداد المشاركة.
    [few] في هذا الوقت خرجت، أو ربما خرجت، { $messages } رسائل فيها بيانات عنك إلى شركاء يخضعون لإعداد المشاركة.
    [many] في هذا الوقت خرجت، أو ربما خرجت، { $messages } رسالة فيها بيانات عنك إلى شركاء يخضعون لإعداد المشاركة.
   *[other] في هذا الوقت خرجت، أو ربما خرجت، { $messages } رسالة فيها بيانات عنك إلى شركاء يخضعون لإعداد المشاركة.
}
shared-summary-only = { $messages ->
    [0] في هذا الوقت لم يخرج شيء عنك بموجب هذا الترتيب.
    [zero] في هذا الوقت لم يخرج شيء عنك بموجب هذا الترتيب.
    [one] في هذا الوقت خرجت، أو ربما خرجت، رسالة واحدة فيها بيانات عنك بموجب هذا الترتيب.
    [two] في هذا الوقت خرجت، أو ربما خرجت، رسالتان فيهما بيانات عنك بموجب هذا الترتيب.
    [few] في هذا الوقت خرجت، أو ربما خرجت، { $messages } رسائل فيها بيانات عنك بموجب هذا الترتيب.
    [many] في هذا الوقت خرجت، أو ربما خرجت، { $messages } رسالة فيها بيانات عنك بموجب هذا الترتيب.
   *[other] في هذا الوقت خرجت، أو ربما خرجت، { $messages } رسالة فيها بيانات عنك بموجب هذا الترتيب.
}
shared-held = { $times ->
    [0] لم يلزم حجب شيء.
    [zero] لم يلزم حجب شيء.
    [one] حُجب شيء مرة واحدة.
    [two] حُجب شيء مرتين.
    [few] حُجب شيء { $times } مرات.
    [many] حُجب شيء { $times } مرة.
   *[other] حُجب شيء { $times } مرة.
}
shared-only = يُعرض هذا الترتيب وحده: { $arrangement }.
shared-only-told = يُعرض ما تمت مشاركته فقط، لا ما حُجب.
shared-only-withheld = يُعرض ما حُجب فقط، لا ما تمت مشاركته.
shared-unfiltered = <all>عرض الكل</all>
shared-kept = { $days ->
    [zero] لا يُحفظ هذا السجل مدة محددة. وقد لا يظهر هنا ما هو أقدم.
    [one] يُحفظ هذا السجل يومًا واحدًا على الأقل. وقد لا يظهر هنا ما هو أقدم.
    [two] يُحفظ هذا السجل يومين على الأقل. وقد لا يظهر هنا ما هو أقدم.
    [few] يُحفظ هذا السجل { $days } أيام على الأقل. وقد لا يظهر هنا ما هو أقدم.
    [many] يُحفظ هذا السجل { $days } يومًا على الأقل. وقد لا يظهر هنا ما هو أقدم.
   *[other] يُحفظ هذا السجل { $days } يوم على الأقل. وقد لا يظهر هنا ما هو أقدم.
}
shared-under = ما يخضع لإعداد المشاركة
shared-outside = خارج إعداد المشاركة
shared-outside-lead = مقدمو الخدمات والترتيبات الأخرى. لا يسري المفتاح على هذه، ولو كان الشريك نفسه.
shared-nothing = في هذا الوقت لم تتم مشاركة شيء ولم يلزم حجب شيء: لم تصل إلى هؤلاء الشركاء أي فرصة إعلان تخصك.
shared-nothing-outside = في هذا الوقت لم يخرج شيء عنك، ولا ربما خرج، بموجب ترتيب كهذا.
shared-no-told = في هذا الوقت لم يخرج هنا شيء عنك، ولا ربما خرج.
shared-no-withheld = في هذا الوقت لم يلزم هنا حجب شيء.
shared-was-sent = ما أُرسل، أو ربما أُرسل
shared-nothing-about-you = لا شيء عنك.
shared-no-more = لا مزيد في هذه الصفحة: كله في الصفحات السابقة لها.
shared-times = { $times ->
    [zero] { $what }: ولا مرة.
    [one] { $what }: مرة واحدة.
    [two] { $what }: مرتين.
    [few] { $what }: { $times } مرات.
    [many] { $what }: { $times } مرة.
   *[other] { $what }: { $times } مرة.
}
shared-first-last = أول مرة { $first }، وآخر مرة { $last }، بموجب { $edition }
shared-once = { $first }، بموجب { $edition }
shared-said-nothing = لم تقل شيئًا عنك ولا عن جهازك.
shared-damaged = بعض ما أُرسل غير ظاهر هنا: فقد تضرر في مكان حفظه.
shared-perhaps-damaged = قد يكون بعض ما أُرسل غير ظاهر هنا: فقد تضررت سجلات في مكان حفظها.
shared-said-damaged = لم يعد من الممكن قراءة ما قالته: فقد تضرر في مكان حفظه.
shared-more = المزيد بقيم أخرى: { $count }
shared-left-out = مجموعات قيم أخرى: { $count }. <more>عرض التالية</more>، أو تنزيل الكل.
shared-first-page = <first>العودة إلى الأحدث</first>
shared-held-back = ما حُجب ولماذا
shared-withheld = { $times ->
    [zero] ولا مرة: { $why }
    [one] مرة واحدة: { $why }
    [two] مرتان: { $why }
    [few] { $times } مرات: { $why }
    [many] { $times } مرة: { $why }
   *[other] { $times } مرة: { $why }
}
shared-reasons = قد تكون للفرصة الواحدة عدة أسباب، فتُحسب حينئذٍ مرة لكل سبب.
edition-number = <edition>الإصدار { $number }</edition>
edition-earlier = إصدار سابق ({ $hash }…)
kind-outside = خارج الإعداد
kind-unlisted = لم يعد في القائمة
title-unlisted = ترتيب لم يعد في القائمة
path-bid-request = طُلبت منه مزايدة على إعلان
path-contextual-bid-request = طُلبت منه مزايدة على إعلان من دون بيانات عنك
path-win-notice = أُخبر بأن إعلانه فاز
path-billing-notice = أُخبر بأن إعلانه عُرض ويجب دفع ثمنه
path-loss-notice = أُخبر بأن إعلانه لم يفز
path-exposures = أُخبر بالإعلانات التي رآها جهازك
path-touches = أُخبر بعد أي إعلان ثُبّت تطبيق
path-recall = طُلب منه نسيان ما تلقّاه أو تصحيحه
path-deletion-request = طُلب منه حذف ما لديه

recalled-heading = ما طُلب سحبه
recalled-lead = عندما توقف المشاركة أو تصحّح بياناتك، يُبلَّغ بذلك كل شريك تلقّى شيئًا عنك من قبل. لا تذكر الرسالة أي شخص: فهي تسرد أرقام الرسائل التي تلقّاها الشريك، مختلطةً بأرقام رسائل أشخاص كثيرين.
recalled-asked = طُلب منه
recalled-forget = نسيان ما تلقّاه قبل إيقاف المشاركة
recalled-correct = التوقف عن استخدام البيانات التي صحّحتها
recalled-since = منذ
recalled-messages = الرسائل المعنيّة
recalled-number = { $messages }
recalled-state = أين وصل الأمر
recalled-done = تم: أكّده الشريك في { $when }
recalled-sent = أُرسل في { $when }، ولم يؤكّده الشريك بعد
recalled-waiting = بانتظار الإرسال
recalled-unreachable = لا يمكن استرجاع ذلك من هذا الشريك

next-heading = ما ستقوله الرسالة التالية
next-lead = أُعدّ هذا الآن بالقواعد نفسها التي تقرر الرسائل الحقيقية، ولم يُرسل: ما سيحصل عليه كل شريك عنك لو كان هناك إعلان له في { $where } في هذه الدقيقة.
next-device = تقول الرسالة الحقيقية أيضًا ما يقوله جهازك عن نفسه حينها، بقدر ما يجوز أن يخرج.
next-told = سيحصل على:
next-id = يُنشأ لهذا الشريك وحده عند إنشاء الرسالة
next-contextual = سيُسأل من دون أي شيء عنك.
next-nothing = لن يحصل على شيء.
next-none = لا يوجد ترتيب ساري المفعول يحصل على بيانات عبر هذه البوابة.
next-chip-told = يحصل على بيانات عنك
next-chip-nothing = لا يحصل على شيء عنك
next-why = ما يُترك ولماذا

## /settings/history و /device/history

history-title = السجل
history-heading = سجل اختياراتك
history-lead = كل تغيير في إعداداتك وبياناتك: من أجراه، وأين، ومتى سرى، والكلمات التي عُرضت.
history-damaged = جزء من سجلك غير ظاهر هنا: فقد تضرر في مكان حفظه. ولم يغيّر ذلك شيئًا مما هو مفعَّل أو متوقف.
history-unread = لا يمكن الآن قراءة سجلك. ولم يغيّر ذلك شيئًا مما هو مفعَّل أو متوقف.
history-none = لم يتغير شيء في حسابك قط. ويسري الوضع الافتراضي الذي تعرضه <settings>إعداداتك</settings>.
history-none-device = لم يتغير شيء هنا قط. ويسري الوضع الافتراضي الذي يعرضه <settings>المفتاحان</settings>.
history-changes = التغييرات، الأحدث أولًا
history-at = { $when }
history-by = يسري في كل مكان في { $by } على أبعد تقدير.
history-not-kept = لم يُحفظ كم استغرق حتى سرى في كل مكان.
history-took = ساري المفعول في كل مكان بعد { $seconds } ثانية.
history-took-at-once = ساري المفعول في كل مكان بعد أقل من ثانية.
history-revision = المراجعة { $version } من الجزء { $shard }. يذكر سجل كل رسالة أرقامًا كهذه، ليمكن التحقق من الاختيار الذي تقررت بموجبه.
history-proof = لمن يحتاج إلى إثبات
history-words = عُرض حينها، باللغة { $language }: «{ $words }»
history-words-only = عُرض حينها: «{ $words }»
history-where-account = في حسابك
history-where-device = على هذا الجهاز
history-where-browser = في هذا المتصفح
history-by-you = أنت
history-by-gpc = Global Privacy Control
history-by-law = التزام قانوني
history-by-account = حساب استُخدم هنا
history-closed = { $setting }: أغلقه هنا حساب آخر
history-lifted = { $setting }: لم يعد حساب آخر يغلقه
history-linked-account = رُبط حساب بهذا المتصفح أو الجهاز
history-linked-device = رُبط جهاز بحسابك
history-linked-browser = رُبط متصفح بحسابك
history-unlinked-account = لم يعد حساب مرتبطًا بهذا المتصفح أو الجهاز
history-unlinked-device = لم يعد جهاز مرتبطًا بحسابك
history-unlinked-browser = لم يعد متصفح مرتبطًا بحسابك
history-set = { $attribute }: صُحّح إلى «{ $value }»
history-disabled = { $attribute }: عدم الاستخدام
history-enabled = { $attribute }: الاستخدام من جديد
history-removed = { $attribute }: حُذف
history-removed-list = الخروج من قائمة
history-removed-activity = حُذف النشاط خارج { $platform } لدى معلن
history-removed-everything = الخروج من كل القوائم وحذف كل النشاط خارج { $platform }
history-range = { $from } إلى { $to } من { $all }
history-older = <older>تغييرات أقدم</older>
history-newer = <newer>تغييرات أحدث</newer>

## صفحات تحل محل غيرها.

refusal-signed-out = تسجيل الدخول
refusal-signed-out-text = إعداداتك وبياناتك وما تمت مشاركته لا تُعرض إلا لك. لرؤيتها افتح «التخصيص والبيانات» في { $platform } وأنت مسجّل الدخول هناك؛ وسيعيدك ذلك إلى هنا.
refusal-signed-out-visit = تستمر الزيارة اثنتي عشرة ساعة على الأكثر، وتنتهي من تلقاء نفسها إذا لم يُفعل شيء لمدة ساعتين. وإن كنت قد غيّرت شيئًا في هذه الصفحة للتو فإنه لم يُحفظ.
refusal-signed-out-device = من دون حساب يمكنك مع ذلك أن تختار <device>لهذا المتصفح وحده</device>.
signing-in = هل تسجيل الدخول هذا لك؟
signing-in-text = يريد رابط تسجيل دخول هذا المتصفح إلى حساب لدى { $platform }. لا تتابع إلا إذا كنت قد طلبت ذلك بنفسك للتو. وإن كان أحدهم قد أرسل إليك الرابط فقد يكون لحساب آخر، وما توقفه هناك لا يسري عليك.
signing-in-go-on = نعم، سجّل الدخول
signing-in-leave = إن لم يكن لك فغادر هذه الصفحة. لم يتغيّر شيء.
refusal-link = هذا الرابط لا يعمل
refusal-link-text = الرابط إلى هذه الصفحات صالح مرة واحدة ولوقت قصير. وهذا الرابط استُخدم من قبل أو انتهت صلاحيته أو غير مكتمل.
refusal-link-again = يُرجى فتح «التخصيص والبيانات» في { $platform } مرة أخرى للحصول على رابط جديد.
refusal-form = تعذّر التحقق من هذا النموذج
refusal-form-text = لم يتغير شيء. لا نقبل نموذجًا إلا من صفحة أعددناها لك في هذه الزيارة، كي لا يستطيع أي موقع آخر تغيير إعداداتك.
refusal-content = تعذّرت قراءة هذا النموذج
refusal-content-text = لم يتغير شيء. ما وصل ليس مما تقدمه هذه الصفحات.
refusal-back = يُرجى <back>العودة إلى حيث كنت</back> والمحاولة من جديد.
refusal-no-edition = لا يوجد شركاء حاليون
refusal-no-edition-text = لا توجد قائمة شركاء منشورة في الوقت الحالي. وما دامت لا توجد، لا يُرسل شيء عن أي أحد إلى أي شريك.
refusal-failed = لم ينجح ذلك
refusal-failed-text = حدث خلل من جانبنا. إن كنت تغيّر شيئًا فربما لم يُحفظ: يُرجى النظر في <back>الصفحة</back> والمحاولة من جديد.
refusal-filter = لا يمكن عرض هذا
refusal-filter-text = يطلب العنوان وقتًا أو شريكًا أو نوعًا من السجلات لا وجود له. ولا يُعرض شيء بدلًا منه، كيلا يبدو شيء كأنه لم يحدث. <back>عرض كل ما في آخر 7 أيام</back>.
refusal-no-such-page = لا توجد هذه الصفحة
refusal-no-such-page-text = لا يوجد شيء في هذا العنوان. ربما كُتب خطأً، أو أن الرابط إليه غير صحيح. والروابط أعلاه تقود إلى صفحاتنا.
refusal-method = هذا العنوان لا يعرض شيئًا
refusal-method-text = لم يُطلب بالطريقة التي يمكن أن يُطلب بها: فهو مثلًا لا يقبل إلا ما يرسله زر في إحدى صفحاتنا. ولم يتغير شيء. <back>إلى الصفحة</back>.
refusal-partners = <partners>قائمة الشركاء</partners> مفتوحة للجميع.

## أنواع الترتيبات والبيانات.

kind-real-time-bidding = المزايدة الفورية
kind-conversion-tracking = قياس التحويلات
kind-service-provider = مقدمو الخدمات
kind-other = ترتيبات أخرى
category-plumbing = ما يحتاج إليه تبادل الرسائل نفسه (لا شيء عنك)
category-context = الموقع أو التطبيق المحيط بالإعلان وموضوعه (لا شيء عنك)
category-coarse-device = نوع الجهاز ولغته والمنطقة التقريبية
category-device-identifier = معرّف جهازك
category-demographic = جنسك وفئتك العمرية
category-exposure = الإعلانات التي رُئيت أو شوهدت أو جرى التفاعل معها
category-precise-location = مكان جهازك بدقة

## لماذا حُجب شيء، بحسب رمز القرار.

reason-not-started = لم يبدأ هذا الترتيب بعد
reason-ended = انتهى هذا الترتيب
reason-suspended = هذا الترتيب معلّق
reason-linking-attestation-lapsed = ليس لدى الشريك تعهد ساري المفعول بأن يسأل قبل ربط البيانات بشخص
reason-country-not-served = لا يشمل هذا الترتيب البلد
reason-advertiser-not-linked = لم يختر المعلن شريك القياس هذا
reason-happened-before-listing = حدث ذلك قبل إدراج هذا الترتيب في القائمة
reason-view-incomplete = تعذّرت قراءة اختياراتك كاملة
reason-view-too-old = تعذّر تأكيد أحدث الاختيارات في الوقت المناسب
reason-sharing-off-account = المشاركة متوقفة لحسابك
reason-sharing-off-device = المشاركة متوقفة لهذا الجهاز
reason-sharing-off-browser = المشاركة متوقفة لهذا المتصفح
reason-sharing-off-linked-account = حساب يُستخدم على هذا الجهاز أو المتصفح أوقف المشاركة
reason-sharing-off-default = المشاركة متوقفة هنا ما لم تُفعّل
reason-happened-while-off = حدث ذلك قبل آخر تفعيل للمشاركة
reason-personalize-ads-off = الإعلانات المخصصة متوقفة
reason-coppa = الصفحة أو التطبيق موجّه إلى الأطفال
reason-child = أنت طفل بحسب قانون البلد
reason-age-under-18 = عمرك أقل من 18 عامًا
reason-age-unknown = عمرك غير معروف
reason-limit-ad-tracking = الجهاز يحدّ من تتبع الإعلانات
reason-limit-ad-tracking-unsaid = لا يقول التطبيق إن كان تتبع الإعلانات محدودًا
reason-tracking-not-authorized = تتبع التطبيقات غير مسموح على الجهاز
reason-zero-identifier = يخفي الجهاز معرّفه الإعلاني
reason-gpc = يطلب المتصفح عدم البيع أو المشاركة (Global Privacy Control)
reason-us-privacy-opt-out = اعترضت على بيع بياناتك
reason-us-privacy-no-notice = لم تُخبَر كيف تعترض
reason-gpp-sale-opt-out = اعترضت على بيع بياناتك
reason-gpp-sharing-opt-out = اعترضت على مشاركة بياناتك
reason-gpp-targeted-advertising-opt-out = اعترضت على الإعلانات الموجّهة
reason-gpp-gpc = طلب المتصفح عدم البيع أو المشاركة عند تسجيل الاختيار
reason-gpp-no-notice = لم تُخبَر كيف تعترض
reason-gpp-known-child = من المعروف أنك طفل
reason-gpp-secondary-use = ستُستخدم البيانات لأكثر مما جُمعت من أجله
reason-gpp-service-provider-mode = لا يجوز للشركاء هنا إلا العمل نيابة عن المنصة
reason-gpp-contradiction = سجل ما اخترته متناقض
reason-signal-not-readable = توجد إشارة خصوصية تعذّرت قراءتها
reason-consent-string-missing = يلزم سجل بما وافقت عليه، ولا يوجد
reason-not-a-vendor = الشريك ليس في قائمة من أمكن سؤالك عنهم
reason-no-basis-to-ask = لا يجوز أن يُطلب من الشريك اختيار إعلان لك
reason-no-basis-to-measure = لا يجوز للشريك قياس أداء الإعلانات
reason-no-basis-to-identify = لا يجوز للشريك استخدام ما هو مخزّن على الجهاز
reason-no-basis-to-profile = لا يجوز للشريك اختيار الإعلانات بحسب ملف عنك
reason-no-basis-to-locate = لا يجوز للشريك معرفة مكان الجهاز بدقة
reason-location-not-allowed = لا توجد إشارة تسمح بذكر مكان الجهاز بدقة
reason-category-not-listed = لا يشمل الترتيب هذا النوع من البيانات
reason-no-key = لا يوجد معرّف للجهاز تجوز مشاركته

## أسماء القيم في الرسالة.

field-age = العمر
field-gender = الجنس
field-lists = القوائم التي وضعك فيها هذا الشريك، بالأرقام
field-address-shortened = عنوان الإنترنت، مختصرًا
field-device-ifa = المعرّف الإعلاني
field-device-ext-ifa-type = نوع المعرّف الإعلاني
field-device-ip = عنوان الإنترنت
field-device-ipv6 = عنوان الإنترنت
field-device-devicetype = نوع الجهاز
field-device-make = الصانع
field-device-model = الطراز
field-device-os = نظام التشغيل
field-device-osv = إصدار النظام
field-device-w = عرض الشاشة
field-device-h = ارتفاع الشاشة
field-device-pxratio = نسبة البكسل
field-device-ppi = البكسل في البوصة
field-device-js = يشغّل البرامج النصية
field-device-language = اللغة
field-device-langb = اللغة
field-device-connectiontype = الاتصال
field-device-carrier = المشغّل
field-device-mccmnc = شبكة الهاتف المحمول
field-device-ua = المتصفح أو التطبيق
field-device-sua = المتصفح أو التطبيق، مجزّأً
field-device-dnt = يطلب عدم التتبع
field-device-lmt = يحدّ من تتبع الإعلانات
field-device-ext-atts = إذن تتبع التطبيقات
field-device-geo-country = البلد
field-device-geo-region = المنطقة
field-device-geo-metro = المنطقة الحضرية
field-device-geo-utcoffset = الفرق عن UTC بالدقائق
field-device-geo-type = كيف عُرفت المنطقة
field-device-geo-lat = خط العرض
field-device-geo-lon = خط الطول
field-user-id = معرّف لك لا يحصل عليه إلا هذا الشريك
field-ifa-type = نوع المعرّف الإعلاني
field-ifa = المعرّف الإعلاني
field-device-id-hash = معرّف للجهاز لا يحصل عليه إلا هذا الشريك
field-browser-id-hash = معرّف للمتصفح لا يحصل عليه إلا هذا الشريك
field-interaction-type = ما حدث
field-touch-type = يُحسب بوصفه
field-timestamp = متى
field-touch-time-ms = متى صادفت الإعلان
field-assists = عدد الإعلانات الأخرى قبله
field-permitted-recipients = لا يجوز تمريره إلا إلى هذا المعلن
field-advertiser-id = المعلن
field-campaign-id = الحملة
field-line-item-id = جزء الحملة
field-creative-id = الإعلان
field-app-id = التطبيق المعلن عنه
field-ad-format = شكل الإعلان
field-view-duration-ms = مدة الظهور بالمللي ثانية
field-video-duration-ms = طول الفيديو بالمللي ثانية
field-viewable-pct = النسبة المئوية للظهور

meaning = { $meaning } ({ $raw })
meaning-segment-3 = من 18 إلى 20
meaning-segment-4 = من 21 إلى 24
meaning-segment-5 = من 25 إلى 29
meaning-segment-6 = من 30 إلى 34
meaning-segment-7 = من 35 إلى 39
meaning-segment-8 = من 40 إلى 44
meaning-segment-9 = من 45 إلى 49
meaning-segment-10 = من 50 إلى 54
meaning-segment-11 = من 55 إلى 59
meaning-segment-12 = من 60 إلى 64
meaning-segment-13 = من 65 إلى 69
meaning-segment-14 = من 70 إلى 74
meaning-segment-15 = 75 فأكثر
meaning-segment-49 = أنثى
meaning-segment-50 = ذكر
meaning-segment-51 = غير ذلك
meaning-device-devicetype-1 = هاتف أو جهاز لوحي
meaning-device-devicetype-2 = حاسوب
meaning-device-devicetype-3 = تلفاز متصل
meaning-device-devicetype-4 = هاتف
meaning-device-devicetype-5 = جهاز لوحي
meaning-device-devicetype-6 = جهاز متصل
meaning-device-devicetype-7 = جهاز استقبال
meaning-device-devicetype-8 = شاشة عامة
meaning-device-connectiontype-0 = غير معروف
meaning-device-connectiontype-1 = سلكي
meaning-device-connectiontype-2 = شبكة لاسلكية
meaning-device-connectiontype-3 = شبكة الهاتف المحمول
meaning-device-connectiontype-4 = شبكة الهاتف المحمول، 2G
meaning-device-connectiontype-5 = شبكة الهاتف المحمول، 3G
meaning-device-connectiontype-6 = شبكة الهاتف المحمول، 4G
meaning-device-connectiontype-7 = شبكة الهاتف المحمول، 5G
meaning-no = لا
meaning-yes = نعم
meaning-device-ext-atts-0 = لم يُسأل بعد
meaning-device-ext-atts-1 = لا يمكن السؤال
meaning-device-ext-atts-2 = مرفوض
meaning-device-ext-atts-3 = ممنوح
meaning-device-geo-type-1 = خدمة الموقع
meaning-device-geo-type-2 = عنوان الإنترنت
meaning-device-geo-type-3 = أنت قلت ذلك
meaning-ifa-type-idfa = معرّف Apple الإعلاني
meaning-ifa-type-aaid = معرّف Android الإعلاني

## /partners

partners-title = الشركاء
partners-heading = الشركاء الذين قد يحصلون على بيانات عنك
partners-lead = هذه القائمة هي ما تطبقه البوابة: الشريك الذي ليس فيها لا يحصل على شيء، ونوع البيانات غير المذكور هنا لا يخرج.
partners-edition = هذا الإصدار
partners-updated = آخر تحديث
partners-number = الإصدار
partners-fingerprint = البصمة (SHA-256)
partners-json = <json>هذا الإصدار بصيغة JSON</json>
partners-under = ما يخضع لإعداد المشاركة
partners-under-text = إعداد «{ $setting }» <settings>في إعداداتك</settings> يقرر إن كان هؤلاء الشركاء يحصلون بموجب هذه الترتيبات على شيء عنك. ولا يحصلون أبدًا على اسمك ولا بريدك الإلكتروني ولا رقم هاتفك ولا اسم المستخدم الخاص بك، ولا يجوز لهم ربط ما يحصلون عليه بك أو ببيانات أخرى تدل عليك إلا إذا وافقت على ذلك لديهم مسبقًا.
partners-beyond = خارج إعداد المشاركة
partners-beyond-text = لا يسري المفتاح على الترتيبات أدناه، ولو كان الشريك نفسه المذكور أعلاه. وهي مدرجة كي تعلم بها.
partners-bidding = عندما يتوفر مكان لإعلان، قد يطلب { $platform } مزايدات من هؤلاء الشركاء. ويستخدم المعلنون أنظمة الشركاء ليقرروا في جزء من الثانية إن كانوا سيشترون المكان وأي إعلان يعرضون. ولكي يختاروا قد يصف الطلب جهازك: مثلًا أن معرّف جهاز معين يعود إلى رجل بين 25 و34 عامًا.
partners-tracking = يقيس هؤلاء الشركاء للمعلنين إن كان الإعلان قد نجح. وقد يعرفون الإعلانات التي رآها جهازك أو متصفحك أو شاهدها أو تفاعل معها. وإذا ثُبّت التطبيق المعلن عنه لاحقًا على الجهاز نفسه، يستطيع الشريك أن يخبر المعلن صاحب الإعلان بأنه نجح.
partners-service = تعمل هذه الشركات لصالح { $platform } بناءً على تعليماته، ولا يجوز لها استخدام البيانات لأي شيء يخصها.
partners-other = ترتيبات من نوع آخر، يُوصف كل منها على حدة.
partners-suspended = معلّق: لا يحصل على شيء
partners-company = الشركة
partners-data = البيانات
partners-data-none = لا شيء عبر هذه البوابة
partners-device-per-partner = { $data }، مكتوبًا بحيث لا يستطيع أي شريك آخر مطابقته
partners-device-raw = { $data }، كما يعطيه الجهاز
partners-lists = القوائم
partners-lists-text = قد يضعك في هذه، ويلقاها من جديد مع البيانات التي يجوز أن يحصل عليها عنك، ما دام «تخصيص الإعلانات» مفعّلًا. وترى قوائمك وتستطيع حذفها <data>في بياناتك</data>.
partners-purposes = تُستخدم في
partners-role = الدور
partners-role-controller = متحكّم: يقرر بنفسه كيف يستخدم البيانات ضمن هذا الترتيب
partners-role-processor = معالج: يستخدم البيانات لصالح { $platform } وبناءً على تعليماته
partners-kept = مدة الحفظ
partners-days = { $days ->
    [zero] لا يوم
    [one] يوم واحد
    [two] يومان
    [few] { $days } أيام
    [many] { $days } يومًا
   *[other] { $days } يوم
}
partners-countries = البلدان
partners-in-force = السريان
partners-since = منذ { $start }
partners-from-until = من { $start } إلى { $last }
partners-linking = الربط بك
partners-linking-text = فقط بموافقتك التي تعطيها لهذا الشريك أولًا. وقد تعهد بذلك كتابةً في { $signed }؛ ومن دون تعهد جديد لا يحصل على شيء ابتداءً من { $expires }.
partners-privacy = الخصوصية
partners-privacy-link = <privacy>صفحة الخصوصية لدى { $partner }</privacy>
partners-contact = جهة الاتصال
partners-original = هذه النصوص هي الأصل، باللغة التي كُتبت بها.
partners-none = لا يوجد ترتيب ساري المفعول من هذا النوع.
partners-creative = ما يحمّله الإعلان نفسه في متصفحك أو تطبيقك يأتي من المعلن ولا يمر عبر هذه البوابة.

## Laws that defaults rest on, in the order of the decision’s table.

law-us = قوانين الخصوصية في الولايات الأمريكية: الحق في رفض البيع والمشاركة
law-au = قانون الخصوصية لعام 1988 (أستراليا)، مبدأ الخصوصية الأسترالي 7: الحق في رفض التسويق المباشر
law-nz = قانون الخصوصية لعام 2020 (نيوزيلندا): يُذكر الغرض عند الجمع
law-mx = القانون الاتحادي للبيانات الشخصية لدى الجهات الخاصة (المكسيك): الحق في الاعتراض
law-br = القانون العام لحماية البيانات (البرازيل، القانون 13.709/2018)، المادة 7: الموافقة أولًا
law-ca = قانون حماية المعلومات الشخصية والوثائق الإلكترونية (كندا)، المبدأ 4.3: الموافقة
law-cn = قانون حماية المعلومات الشخصية (الصين)، المادة 23: موافقة منفصلة على المشاركة
law-in = قانون حماية البيانات الشخصية الرقمية لعام 2023 (الهند)، المادة 6: الموافقة
law-kr = قانون حماية المعلومات الشخصية (كوريا)، المادة 17: الموافقة على المشاركة
law-za = قانون حماية المعلومات الشخصية (جنوب أفريقيا)، المادة 69: الموافقة
law-europe = اللائحة العامة لحماية البيانات، المادة 6: الموافقة أولًا
law-outermost = اللائحة العامة لحماية البيانات، المادة 6، ومعاهدة عمل الاتحاد الأوروبي، المادة 355 (1): الموافقة أولًا
law-ax = اللائحة العامة لحماية البيانات، المادة 6، ومعاهدة عمل الاتحاد الأوروبي، المادة 355 (4): الموافقة أولًا
law-sj = قانون البيانات الشخصية (النرويج)، ويُعامَل معاملة اللائحة الأوروبية
law-gb = اللائحة العامة لحماية البيانات في المملكة المتحدة، المادة 6: الموافقة أولًا
law-ch = القانون الاتحادي لحماية البيانات (سويسرا)، ويُعامَل معاملة اللائحة الأوروبية
law-gi = اللائحة العامة لحماية البيانات في جبل طارق، المادة 6: الموافقة أولًا
law-gg = قانون حماية البيانات لعام 2017 (غيرنزي)، ويُعامَل معاملة اللائحة الأوروبية
law-im = أمر تطبيق اللائحة العامة لحماية البيانات لعام 2018 (جزيرة مان)، المادة 6: الموافقة أولًا
law-je = قانون حماية البيانات لعام 2018 (جيرسي)، ويُعامَل معاملة اللائحة الأوروبية
law-none = لا توجد قاعدة مسجلة لهذا البلد: ويسري الوضع الافتراضي الأشد
