# The pages that are open to everyone, and signing in. The rest stands in en.ftl.

partners-past-title = Partners, edition { $number }
partners-past = <strong>This is edition { $number }, as it was published. It is not in force any more.</strong>
partners-past-links = <now>The list in force</now> · <changes>What has changed since</changes>
partners-seen = <strong>The list has changed since you last looked.</strong> You saw edition { $seen }; this is edition { $number }.
partners-seen-link = <changes>What has changed</changes>
partners-before = <changes>what changed with it</changes>
partners-all = <all>all editions</all>
partners-permanent = Permanent link
partners-fingerprint-note = every record of what was sent names it
partners-share = <mail>Share by e-mail</mail>
partners-share-subject = Sharing data with business partners
partners-follow = <feed>Follow changes (Atom)</feed>
partners-contents = On this page
partners-outside-mark = outside the setting
partners-setting = What the setting does
partners-takes-effect = { $seconds ->
    [one] Turned off, they get nothing about you under these arrangements; a change holds everywhere within { $seconds } second.
   *[other] Turned off, they get nothing about you under these arrangements; a change holds everywhere within { $seconds } seconds.
 }
partners-only = The setting applies to the kinds of partnership and the partners listed under it, and to nothing else: not to companies that work for { $platform }, nor to other arrangements with the same partners. Those are listed here too, further down.
partners-personalize = “Personalize ads” is a setting of its own: it decides whether ads may be chosen by what partners say of you and by what you do outside { $platform }. Gender and age band that may be told are shown in <data>your data</data>, where you can correct or remove them; partners get the corrected value from then on.
partners-when-off = While sharing is off
partners-when-off-skip = It is not asked at all
partners-when-off-contextual = It may be asked for an ad that fits the page, without anything about you
partners-vendor = Consent framework
partners-vendor-id = Vendor { $id } of the IAB Europe framework
partners-company-value = { $company }, { $country }
partners-sellers = Who sells the ad space
partners-sellers-text = { $name } ({ $domain }) sells its own ad space through this gateway, and nobody else does. Every bid request says so. <sellers>sellers.json</sellers> · <ads>ads.txt</ads>
partners-opinion = Was this page helpful?
partners-opinion-question = Did it tell you what you wanted to know?
partners-yes = Yes
partners-no = No
partners-remark = How could it be better? (optional)
partners-remark-hint = Up to 1,000 characters. Who you are is not kept with it: please leave names and contacts out.
partners-send = Send
partners-thanks = Thank you. It was counted for edition { $number }.
partners-thanks-read = Thank you. It was counted for edition { $number }, and whoever keeps this list reads what you wrote.
partners-cookie = So that this page can say what is new, a cookie of this browser holds the number of the edition that you saw last, for 400 days, and nothing else.
partners-effectiveness = Does the switch work? <figures>The figures of the last 30 days</figures>
editions-title = Editions
editions-heading = Every edition of the list of partners
editions-lead = Each change makes a new edition. None is ever altered or removed, so what was in force at any time can be looked up.
editions-one = Edition { $number }
editions-in-force = in force
editions-changes = <changes>what changed<hidden> with edition { $number }</hidden></changes>
editions-links = <now>The list in force</now> · <feed>Follow changes (Atom)</feed> · <json>Editions as JSON</json>
changes-heading = What changed from edition { $from } to edition { $to }
changes-lead = From { $start } to { $end }, in everything that the page of partners shows.
changes-same = These are one and the same edition.
changes-hidden = Nothing that the page shows has changed. The editions differ in what is not about you, such as the addresses of partners’ servers or the names of places for ads.
changes-new = New
changes-gone = No longer listed: gets nothing any more
changes-changed = Changed
changes-kind = Kind
changes-controlled = { $kind }, under the sharing setting
changes-uncontrolled = { $kind }, outside the sharing setting
changes-was = No longer
changes-partner = Name of the partner
changes-title = Heading
changes-summary = Description
changes-suspended = Suspended: it gets nothing
changes-resumed = No longer suspended
changes-others = Compare others
changes-from = From edition
changes-to = to edition
changes-option = { $number }, { $day }
changes-compare = Compare
changes-links = <all>All editions</all> · <now>The list in force</now> · <json>These changes as JSON</json>
feed-first = The first edition.
signed-out = You are signed out here
signed-out-text = Nobody who uses this browser after you sees your settings: whoever comes next has to sign in at { $platform } anew, with a password or as it asks there.
signed-out-elsewhere = In the rest of { $platform } you may still be signed in.
signed-out-there = Sign out at { $platform } too
refusal-provider = Signing in is not possible now
refusal-provider-text = The sign-in of { $platform } does not answer as it must. Nothing was changed. Please try again in a few minutes.
refusal-arrival = You were not signed in
refusal-arrival-text = A sign-in is good once, for ten minutes, and only in the browser where it began. This one was begun elsewhere, took too long, or was refused.
refusal-opinion-text = Nothing was sent. We accept a form only from our own page, for a day. Please load <partners>the list of partners</partners> again, and try once more.
refusal-too-many = That was too fast
refusal-too-many-text = { $seconds ->
    [one] More came from your connection in a short time than a person reads or sends. Nothing was changed. Please wait { $seconds } second and try again.
   *[other] More came from your connection in a short time than a person reads or sends. Nothing was changed. Please wait { $seconds } seconds and try again.
 }
refusal-no-such-edition = There is no such edition
refusal-no-such-edition-text = Editions are numbered from 1 on, and none is ever removed. <editions>All editions</editions>
