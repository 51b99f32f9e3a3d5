# The pages that are open to everyone, and signing in. The rest stands in ar.ftl.

partners-past-title = الشركاء، الإصدار { $number }
partners-past = <strong>هذا هو الإصدار { $number } كما نُشر، ولم يعد ساريًا.</strong>
partners-past-links = <now>القائمة السارية</now> · <changes>ما تغيّر منذ ذلك الحين</changes>
partners-seen = <strong>تغيّرت القائمة منذ زيارتك الأخيرة.</strong> رأيت الإصدار { $seen }، وهذا هو الإصدار { $number }.
partners-seen-link = <changes>ما الذي تغيّر</changes>
partners-before = <changes>ما تغيّر فيه</changes>
partners-all = <all>كل الإصدارات</all>
partners-permanent = رابط دائم
partners-fingerprint-note = يذكرها كل سجل لما أُرسل
partners-share = <mail>شارك بالبريد الإلكتروني</mail>
partners-share-subject = مشاركة البيانات مع الشركاء التجاريين
partners-follow = <feed>تابع التغييرات (Atom)</feed>
partners-contents = في هذه الصفحة
partners-outside-mark = خارج الإعداد
partners-setting = ما الذي يفعله الإعداد
partners-takes-effect = { $seconds ->
    [zero] عند الإيقاف لا يحصلون بموجب هذه الترتيبات على شيء عنك، ويسري التغيير في كل مكان فورًا ({ $seconds } ثانية).
    [one] عند الإيقاف لا يحصلون بموجب هذه الترتيبات على شيء عنك، ويسري التغيير في كل مكان خلال ثانية واحدة ({ $seconds }).
    [two] عند الإيقاف لا يحصلون بموجب هذه الترتيبات على شيء عنك، ويسري التغيير في كل مكان خلال ثانيتين ({ $seconds }).
    [few] عند الإيقاف لا يحصلون بموجب هذه الترتيبات على شيء عنك، ويسري التغيير في كل مكان خلال { $seconds } ثوانٍ.
    [many] عند الإيقاف لا يحصلون بموجب هذه الترتيبات على شيء عنك، ويسري التغيير في كل مكان خلال { $seconds } ثانية.
   *[other] عند الإيقاف لا يحصلون بموجب هذه الترتيبات على شيء عنك، ويسري التغيير في كل مكان خلال { $seconds } ثانية.
 }
partners-only = ينطبق الإعداد على أنواع الشراكات والشركاء المذكورين تحته ولا شيء غير ذلك: لا على الشركات التي تعمل لصالح { $platform } ولا على ترتيبات أخرى مع الشركاء أنفسهم. وهذه أيضًا مذكورة هنا في الأسفل.
partners-personalize = «تخصيص الإعلانات» إعداد مستقل: يحدد ما إذا كان يمكن اختيار الإعلانات بحسب ما يقوله الشركاء عنك وما تفعله خارج { $platform }. ويظهر الجنس والفئة العمرية اللذان يمكن الإفصاح عنهما في <data>بياناتك</data>، حيث يمكنك تصحيحهما أو إزالتهما، ويحصل الشركاء منذ ذلك الحين على القيمة المصححة.
partners-when-off = ما دامت المشاركة متوقفة
partners-when-off-skip = لا يُسأل على الإطلاق
partners-when-off-contextual = قد يُطلب منه إعلان يناسب الصفحة، من دون أي شيء عنك
partners-vendor = إطار الموافقة
partners-vendor-id = المورّد { $id } في إطار IAB Europe
partners-company-value = { $company }، { $country }
partners-sellers = من يبيع المساحة الإعلانية
partners-sellers-text = تبيع { $name } ‏({ $domain }) مساحتها الإعلانية عبر هذه البوابة، ولا أحد سواها. ويذكر ذلك كل طلب عرض. <sellers>sellers.json</sellers> · <ads>ads.txt</ads>
partners-opinion = هل كانت هذه الصفحة مفيدة؟
partners-opinion-question = هل أخبرتك بما أردت معرفته؟
partners-yes = نعم
partners-no = لا
partners-remark = كيف يمكن تحسينها؟ (اختياري)
partners-remark-hint = حتى 1000 حرف. لا تُحفظ هويتك معها: يرجى عدم ذكر أسماء أو وسائل اتصال.
partners-send = إرسال
partners-thanks = شكرًا لك. احتُسب للإصدار { $number }.
partners-thanks-read = شكرًا لك. احتُسب للإصدار { $number }، وسيقرأ القائمون على هذه القائمة ما كتبته.
partners-cookie = لكي تخبرك هذه الصفحة بالجديد، يحفظ ملف تعريف ارتباط في هذا المتصفح رقم آخر إصدار رأيته مدة 400 يوم، ولا شيء غيره.
partners-effectiveness = هل يعمل المفتاح؟ <figures>أرقام آخر 30 يومًا</figures>
editions-title = الإصدارات
editions-heading = كل إصدارات قائمة الشركاء
editions-lead = كل تغيير يُنشئ إصدارًا جديدًا، ولا يُعدَّل أي إصدار أو يُزال، فيمكن معرفة ما كان ساريًا في أي وقت.
editions-one = الإصدار { $number }
editions-in-force = سارٍ
editions-changes = <changes>ما تغيّر<hidden> في الإصدار { $number }</hidden></changes>
editions-links = <now>القائمة السارية</now> · <feed>تابع التغييرات (Atom)</feed> · <json>الإصدارات بصيغة JSON</json>
changes-heading = ما تغيّر من الإصدار { $from } إلى الإصدار { $to }
changes-lead = من { $start } إلى { $end }، في كل ما تعرضه صفحة الشركاء.
changes-same = هذا إصدار واحد بعينه.
changes-hidden = لم يتغيّر شيء مما تعرضه الصفحة. يختلف الإصداران فيما لا يخصك، مثل عناوين خوادم الشركاء أو أسماء أماكن الإعلانات.
changes-new = جديد
changes-gone = لم يعد مدرجًا: لا يحصل على شيء بعد الآن
changes-changed = تغيّر
changes-kind = النوع
changes-controlled = { $kind }، ضمن إعداد المشاركة
changes-uncontrolled = { $kind }، خارج إعداد المشاركة
changes-was = لم يعد
changes-partner = اسم الشريك
changes-title = العنوان
changes-summary = الوصف
changes-suspended = معلّق: لا يحصل على شيء
changes-resumed = لم يعد معلّقًا
changes-others = قارن غيرهما
changes-from = من الإصدار
changes-to = إلى الإصدار
changes-option = { $number }، { $day }
changes-compare = قارن
changes-links = <all>كل الإصدارات</all> · <now>القائمة السارية</now> · <json>هذه التغييرات بصيغة JSON</json>
feed-first = الإصدار الأول.
signed-out = سجّلت خروجك هنا
signed-out-text = لن يرى إعداداتك أحد يستخدم هذا المتصفح بعدك: على من يأتي بعدك تسجيل الدخول إلى { $platform } من جديد، بكلمة مرور أو كما يُطلب هناك.
signed-out-elsewhere = قد تكون ما زلت مسجّل الدخول في بقية { $platform }.
signed-out-there = سجّل الخروج من { $platform } أيضًا
refusal-provider = تسجيل الدخول غير ممكن الآن
refusal-provider-text = لا يستجيب تسجيل الدخول في { $platform } كما يجب. لم يتغيّر شيء. يرجى المحاولة بعد بضع دقائق.
refusal-arrival = لم يتم تسجيل دخولك
refusal-arrival-text = تسجيل الدخول صالح مرة واحدة لمدة عشر دقائق وفي المتصفح الذي بدأ فيه فقط. وهذا بدأ في مكان آخر، أو استغرق وقتًا طويلًا، أو رُفض.
refusal-opinion-text = لم يُرسل شيء. نقبل النموذج من صفحتنا فقط ولمدة يوم. يرجى تحميل <partners>قائمة الشركاء</partners> من جديد والمحاولة مرة أخرى.
refusal-too-many = كان ذلك سريعًا جدًا
refusal-too-many-text = { $seconds ->
    [zero] وصل من اتصالك في وقت قصير أكثر مما يقرأه أو يرسله شخص. لم يتغيّر شيء. يرجى الانتظار { $seconds } ثانية ثم المحاولة من جديد.
    [one] وصل من اتصالك في وقت قصير أكثر مما يقرأه أو يرسله شخص. لم يتغيّر شيء. يرجى الانتظار ثانية واحدة ({ $seconds }) ثم المحاولة من جديد.
    [two] وصل من اتصالك في وقت قصير أكثر مما يقرأه أو يرسله شخص. لم يتغيّر شيء. يرجى الانتظار ثانيتين ({ $seconds }) ثم المحاولة من جديد.
    [few] وصل من اتصالك في وقت قصير أكثر مما يقرأه أو يرسله شخص. لم يتغيّر شيء. يرجى الانتظار { $seconds } ثوانٍ ثم المحاولة من جديد.
    [many] وصل من اتصالك في وقت قصير أكثر مما يقرأه أو يرسله شخص. لم يتغيّر شيء. يرجى الانتظار { $seconds } ثانية ثم المحاولة من جديد.
   *[other] وصل من اتصالك في وقت قصير أكثر مما يقرأه أو يرسله شخص. لم يتغيّر شيء. يرجى الانتظار { $seconds } ثانية ثم المحاولة من جديد.
 }
refusal-no-such-edition = لا يوجد هذا الإصدار
refusal-no-such-edition-text = تُرقَّم الإصدارات ابتداءً من 1 ولا يُزال أي منها. <editions>كل الإصدارات</editions>
