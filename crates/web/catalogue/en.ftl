# What the pages say, in English. The other languages have the same messages with the same variables and tags;
# a test compares them. How to add one: docs/languages.md.

## Around every page.

skip = Skip to the content
brand = { $platform } <soft>and your data</soft>
pages = Pages
sign-out = Sign out
place-settings = Settings
place-data = Your data
place-shared = What was shared
place-history = History
place-partners = Partners
place-device = This browser
language = Language
footer = These pages work without scripts and load nothing from anyone else. Without scripts, all times are in UTC.
clock = { $time } UTC
day-and-clock = { $day }, { $time } UTC

name = { $name }

## The settings and their states.

setting-sharing = Share your data with { $platform }’s business partners
setting-personalize-ads = Personalize ads
state-sharing-on = Sharing is on
state-sharing-off = Sharing is off
state-personalize-ads-on = Personalized ads are on
state-personalize-ads-off = Personalized ads are off
state-unchosen = Not chosen yet
turn-sharing-on = Turn sharing on
turn-sharing-off = Turn sharing off
turn-personalize-ads-on = Turn personalized ads on
turn-personalize-ads-off = Turn personalized ads off
meaning-sharing-on = Partners for real-time bidding and conversion tracking get the data that the list of partners names for each of them.
meaning-sharing-off = Under these arrangements they get nothing about you or your devices. You still see ads; a partner may be asked for one that fits the page alone.
meaning-personalize-ads-on = Bidding partners may recognize your device, and may get what { $platform } learned about you from partners and from your activity elsewhere.
meaning-personalize-ads-off = They get neither. Which ads your device saw may still be measured while sharing is on.
on = On
off = Off

## /settings

settings-title = Your settings
settings-heading = Personalization and data
settings-lead = While sharing is on, { $platform } tells <partners>{ $who }</partners> about { $data }. Not each of them gets all of that: the list says who gets what. Your name, e-mail address, phone number and handle are never sent to them.
settings-lead-nothing = No <partners>partner</partners> gets data about you at the moment. Your name, e-mail address, phone number and handle are never sent to one.
outgoing-bidding = { $partners ->
    [one] { $partners } partner for real-time bidding
   *[other] { $partners } partners for real-time bidding
}
outgoing-tracking = { $partners ->
    [one] { $partners } partner for conversion tracking
   *[other] { $partners } partners for conversion tracking
}
saved-state = <strong>{ $state }.</strong> Saved { $saved }.
effect-since = In effect everywhere since { $since }.
effect-by = In effect everywhere by { $by } at the latest. This page says so as soon as it is; without scripts, reload it.
gpc-honoured = <strong>Your browser asks not to share (Global Privacy Control): honoured here.</strong>
gpc-meaning = Whatever comes from this browser with that signal shares nothing about you, also while sharing is on.
gpc-elsewhere = Your other devices and browsers follow the switch below.
gpc-question = <strong>Your browser asks not to share, and your switch is on.</strong> In this browser the signal counts, whatever you choose. What should hold on your other devices and browsers?
gpc-question-once = We ask this once and note your answer in your <history>history</history>.
gpc-turn-off = Turn sharing off everywhere
gpc-keep-on = Keep sharing on elsewhere
stale = <strong>This sending point cannot confirm the latest choices at the moment.</strong> Until it can, it sends nothing about anyone.
chosen-person = You chose this on { $when }.
chosen-gpc = Your browser chose this (Global Privacy Control) on { $when }.
chosen-operator = { $platform } set this on { $when }.
chosen-law = A legal duty set this on { $when }.
chosen-undated = This was chosen.
default-country = Not chosen yet: this is the default for your country ({ $country }). Where a stricter rule holds, the stricter one counts.
default-unknown = Not chosen yet: { $platform } does not know your country, so the strictest default holds.
default-law = It rests on: { $law }.
effect-heading = When a change takes effect
effect-within = { $seconds ->
    [one] A change is in effect everywhere within { $seconds } second. Until a sending point has it, that point sends nothing.
   *[other] A change is in effect everywhere within { $seconds } seconds. Until a sending point has it, that point sends nothing.
}
effect-bills = After “off”, an ad that had already won may still be billed; that message says nothing about you.
reach-heading = Where your choice holds
reach-linked = For your account, and for { $linked } that you use with it. “Off” closes them for everyone who uses them. “On” opens only what nobody else has closed.
reach-account = For your account wherever you use it. No device or browser is linked to it at the moment.
reach-browser = Choices for <device>this browser alone</device> also hold while you are signed out.
linked-devices = { $count ->
    [one] { $count } device
   *[other] { $count } devices
}
linked-browsers = { $count ->
    [one] { $count } browser
   *[other] { $count } browsers
}
before-heading = What left before
before-text = A change works from now on. What partners got before is on <shared>what was shared</shared>, with the actual values.
before-forget = When you turn sharing off, the partners that got something about you under it are also told to forget it, as far as they take such messages.
before-recalled = Partners that are told to forget or correct what they got:
recalled-damaged = How far partners are with what they are told to forget or correct cannot be read at the moment.
scope-heading = What these settings do not cover
scope-text = Companies that work for { $platform } on its instructions (service providers), and other arrangements, also with the same partners. All of them are on <partners>the list of partners</partners>, and what went to them is on <shared>what was shared</shared>.

## /device

device-title-browser = This browser
device-title-device = This device
device-lead-browser = You need no account for this: the switches below hold for this browser, whoever uses it.
device-lead-device = You need no account for this: the switches below hold for this device, whoever uses it.
device-cookie = Your choice is kept under a number in a cookie of this browser. There is no number before you choose, and deleting the cookie deletes the choice.
device-visit = Whoever uses this browser can see and change these choices until you leave the page, for twelve hours at most, and for two hours when nothing is done.
device-leave = Leave this device’s page
device-signing-in-heading = What signing in changes
device-signing-in-both = Nothing gets less protected: when you sign in, your account’s switches count as well, and the more protective one wins.
device-signing-in-account = Your account’s switches hold wherever you use it; these here hold only here.
device-signing-in-records = Signed in, you also see the data kept about your account, and what was shared of it. This page shows only what left without an account.
device-sign-in = Sign in at { $platform }
device-closed-sharing = Sharing is closed here too because an account that is used here turned it off. What you choose below does not open it.
device-closed-personalize-ads = Personalized ads are closed here too because an account that is used here turned them off. What you choose below does not open them.
device-closed-chosen = Chosen here alone: on
device-closed-own = Here alone, “on” was chosen, which opens nothing.
device-closed-unchosen = An account that is used here turned this off. Here alone nothing was chosen.
device-default = Until somebody chooses, the default of the country you are in holds. Where { $platform } does not know it, that is off.
device-scope = Companies that work for { $platform } on its instructions (service providers), and other arrangements, also with the same partners. All of them are on <partners>the list of partners</partners>.
device-records = What left without an account
device-records-text = Which data about this browser or device went to whom, and what was held back: <shared>what was shared</shared>. Every change of the switches: <history>history</history>.
device-nothing-yet = Nothing is kept about this browser: nobody has chosen anything here.

## /settings/data

data-title = Your data
data-heading = Your { $platform } data
data-lead = What { $platform } keeps about you for ads, where each value comes from, and who may get it. What you correct, switch off or remove here counts from then on.
data-saved = <strong>Saved { $saved }.</strong> In effect since then at every sending point: partners get the new value from the next message on.
data-age-unknown = <strong>{ $platform } does not know whether you are 18 or older.</strong> Until it does, neither your gender nor your age band goes to any partner.
data-under-18 = <strong>As far as { $platform } knows, you are under 18.</strong> Neither your gender, nor your age band, nor an identifier of your device goes to any partner. A correction on this page does not change that.
data-child = <strong>As far as { $platform } knows, you are too young under the law of your country.</strong> Nothing about you goes to any partner. A correction on this page does not change that.
attribute-gender = Gender
attribute-age-band = Age band
attribute-languages = Languages
attribute-interests = Interests
in-use = In use
held = Not used because of age
unknown = Not known
disabled = Not used
removed = Removed
data-nothing = { $platform } has no value, and no partner gets one.
data-disabled = You asked { $platform } not to use this. No partner gets it.
data-removed = You had this removed. No partner gets it, and what others say from now on is not kept.
data-source = Source: { $source }.
data-source-since = Source: { $source }, { $since }.
data-source-sure = Source: { $source } ({ $percent }% sure).
data-source-sure-since = Source: { $source }, { $since } ({ $percent }% sure).
data-on-file = All values on file
data-first-counts = The first one counts. What you say comes before everything else.
data-you-first = What you say comes before everything else.
data-candidate = { $value }: { $source }
data-candidate-since = { $value }: { $source }, { $since }
data-candidate-sure = { $value }: { $source } ({ $percent }% sure)
data-candidate-sure-since = { $value }: { $source }, { $since } ({ $percent }% sure)
data-correct-what = <hidden>{ $what }: </hidden>Correct to
data-choose = Choose
data-save = Save<hidden> { $what }</hidden>
data-disable = Don’t use this<hidden>: { $what }</hidden>
data-enable = Use it again<hidden>: { $what }</hidden>
data-remove = Remove<hidden>: { $what }</hidden>
data-receivers-none = No partnership in force includes this.
data-receivers = Who may get it, while your settings and every rule allow it:
data-receiver = <partnership>{ $partner }: { $title }</partnership>
data-receiver-outside = <partnership>{ $partner }: { $title }</partnership> (outside the sharing setting)
data-platform-only = Only { $platform } itself uses this. No partner gets it.
data-nothing-known = { $platform } has noted nothing.
data-export-heading = Take it with you
data-export-text = Everything on this page, with what you switched off or removed marked as such: <json>your data as JSON</json>.
data-export-receipt = What you chose, when and under which words, and what each partner got: <receipt>your consent receipt</receipt> (JSON-LD, ISO/IEC TS 27560).
source-declared = you said so
source-own = you corrected it here
source-inferred = { $platform } guessed it from what happens on { $platform }
source-partner = a partner said so
source-off-platform = guessed from activity outside { $platform }
since-day = since { $day }
gender-female = Female
gender-male = Male
gender-other = Other
age-band-18-24 = 18 to 24
age-band-25-34 = 25 to 34
age-band-35-44 = 35 to 44
age-band-45-54 = 45 to 54
age-band-55-64 = 55 to 64
age-band-65 = 65 and over

elsewhere-heading = What others say about you
elsewhere-open = “Personalize ads” <settings>in your settings</settings> decides whether any of this is kept. It is on. When you turn it off, all of this is deleted, and what others send from then on is dropped.
elsewhere-off = “Personalize ads” <settings>in your settings</settings> decides whether any of this is kept. It is off: nothing is kept, and what others send is dropped. If you turn it on later, only what they send from then on counts.
elsewhere-age = “Personalize ads” <settings>in your settings</settings> decides whether any of this is kept. Because { $platform } does not know you to be 18 or older, nothing is kept either way.
lists-heading = Lists that partners and advertisers put you on
lists-none = You are on no list.
lists-lead = A list goes back to the partner that made it, when that partner may be asked to bid for an ad and may recognize you, and to { $platform }’s own ad server. It goes to no other partner, and is not used while so few people are on it that it points at you.
list-by = Put there by <partnership>{ $partner }</partnership>.
list-by-for = Put there by <partnership>{ $partner }</partnership>, for { $advertiser }.
list-dates = Since { $since }, until { $until } at the latest.
list-remove = Remove me<hidden> from the list { $list }</hidden>
list-unknown = A list that may no longer be used
activity-heading = Activity off { $platform }
activity-none = No advertiser said what you did on its site or in its app.
activity-lead = What these advertisers’ sites and apps said you did there. { $platform }’s own ad server may use it; no partner gets it.
activity-done = { $what }, last on { $last }
activity-until = Kept until { $until } at the latest.
activity-remove = Remove<hidden> activity with { $advertiser }</hidden>
activity-visit = You visited its site
activity-view-product = You looked at something it sells
activity-add-to-cart = You put something into a cart
activity-sign-up = You signed up
activity-purchase = You bought something
activity-open-app = You opened its app
everything = Everything above
everything-text = Removes you from every list above, and all activity above.
everything-remove = Remove all of it
removed-heading = Removed by you
removed-text = You are not put back on these, whatever is sent.
removed-list = { $list } ({ $partner })
removed-activity = Activity with { $advertiser }

## /settings/shared and /device/shared

shared-title = What was shared
shared-lead = Everything about your account that left { $platform } for a partner, or may have left, with the actual values, and what was held back and why.
shared-lead-browser = What left { $platform } about this browser without an account, or may have left, with the actual values, and what was held back and why.
shared-lead-device = What left { $platform } about this device without an account, or may have left, with the actual values, and what was held back and why.
shared-notes = How to read this
shared-before = Each message is written down here before it is sent, so one that then never arrived is counted too.
shared-bills = A partner whose ad was shown is told so, and at what price, so that it pays. Such a billing notice holds nothing about you, so it is recorded as billing and not listed here. It goes also when you have turned sharing off since.
shared-filter = Which time, and which partner
range = Time
range-today = Today
range-7-days = 7 days
range-30-days = 30 days
range-month = { $month }
partner = Partner
partner-all = All partners
show = Show
show-what = What
show-everything = Everything
show-told = Only what was shared
show-withheld = Only what was held back
shared-from = From { $from } until now.
shared-from-until = From { $from } until { $until }.
shared-months = Month by month
shared-download = Download this: <json>JSON</json>, <csv>CSV</csv>
shared-summary = { $messages ->
    [0] In this time nothing about you left for a partner under the sharing setting.
    [one] In this time { $messages } message with data about you left, or may have left, for a partner under the sharing setting.
   *[other] In this time { $messages } messages with data about you left, or may have left, for partners under the sharing setting.
}
shared-summary-only = { $messages ->
    [0] In this time nothing about you left under this arrangement.
    [one] In this time { $messages } message with data about you left, or may have left, under this arrangement.
   *[other] In this time { $messages } messages with data about you left, or may have left, under this arrangement.
}
shared-held = { $times ->
    [0] Nothing had to be held back.
    [one] Something was held back { $times } time.
   *[other] Something was held back { $times } times.
}
shared-only = Only this arrangement is shown: { $arrangement }.
shared-only-told = Only what was shared is shown, not what was held back.
shared-only-withheld = Only what was held back is shown, not what was shared.
shared-unfiltered = <all>Show everything</all>
shared-kept = { $days ->
    [one] This record is kept for { $days } day at least. What is older may be missing here.
   *[other] This record is kept for { $days } days at least. What is older may be missing here.
}
shared-under = Under the sharing setting
shared-outside = Outside the sharing setting
shared-outside-lead = Service providers and other arrangements. The switch does not govern these, also where the partner is the same.
shared-nothing = Nothing was shared and nothing had to be held back in this time: no ad opportunity of yours reached these partners.
shared-nothing-outside = Nothing about you left, or may have left, under such an arrangement in this time.
shared-no-told = Nothing about you left here, or may have left, in this time.
shared-no-withheld = Nothing had to be held back here in this time.
shared-was-sent = What was sent, or may have been
shared-nothing-about-you = Nothing about you.
shared-no-more = No more on this page: all of it is on the pages before this one.
shared-times = { $times ->
    [one] { $what }: { $times } time.
   *[other] { $what }: { $times } times.
}
shared-first-last = First { $first }, last { $last }, under { $edition }
shared-once = { $first }, under { $edition }
shared-said-nothing = It said nothing about you or your device.
shared-damaged = Some of what was sent is missing here: it was damaged where it is kept.
shared-perhaps-damaged = Some of what was sent may be missing here: records were damaged where they are kept.
shared-said-damaged = What it said can no longer be read: it was damaged where it is kept.
shared-more = { $count } more, with other values
shared-left-out = There are { $count } more sets of values. <more>Show the next ones</more>, or take the download.
shared-first-page = <first>Back to the latest</first>
shared-held-back = What was held back, and why
shared-withheld = { $times ->
    [one] { $times } time: { $why }
   *[other] { $times } times: { $why }
}
shared-reasons = One occasion can have several reasons and then counts once for each.
edition-number = <edition>edition { $number }</edition>
edition-earlier = an earlier edition ({ $hash }…)
kind-outside = Outside the setting
kind-unlisted = No longer listed
title-unlisted = An arrangement that the list no longer has
path-bid-request = Asked to bid for an ad
path-contextual-bid-request = Asked to bid for an ad, without data about you
path-win-notice = Told that its ad won
path-billing-notice = Told that its ad was shown and is to be paid
path-loss-notice = Told that its ad did not win
path-exposures = Told which ads your device saw
path-touches = Told after which ad an app was installed
path-recall = Told to forget or correct what it got
path-deletion-request = Asked to delete what it has

recalled-heading = Called back
recalled-lead = When you turn sharing off or correct your data, each partner that got something about you before is told so. The message names no person: it lists the numbers of messages that the partner got, those of many people mixed.
recalled-asked = Told to
recalled-forget = Forget what it got before you turned sharing off
recalled-correct = Stop using the data that you corrected
recalled-since = Since
recalled-messages = Messages concerned
recalled-number = { $messages }
recalled-state = How far it is
recalled-done = Done: the partner confirmed it on { $when }
recalled-sent = Sent on { $when }; the partner has not confirmed it yet
recalled-waiting = Waiting to be sent
recalled-unreachable = Cannot be called back from this partner

next-heading = What the next message would say
next-lead = Made just now by the same rules that decide about real messages, and not sent: to each partner, what it would get about you if there were an ad for it on { $where } this minute.
next-device = A real message also says what your device says of itself then, as far as it may leave.
next-told = It would get:
next-id = made for this partner alone when the message is
next-contextual = It would be asked, without anything about you.
next-nothing = It would get nothing.
next-none = No partnership in force gets data through this gateway.
next-chip-told = Gets data about you
next-chip-nothing = Gets nothing about you
next-why = What is left out, and why

## /settings/history and /device/history

history-title = History
history-heading = History of your choices
history-lead = Every change to your settings and your data: who made it, where, when it took effect, and the words that were shown.
history-damaged = Some of your history is missing here: it was damaged where it is kept. Nothing about what is on or off has changed by that.
history-unread = Your history cannot be read at the moment. Nothing about what is on or off has changed by that.
history-none = Nothing was ever changed for your account. What holds are the defaults that <settings>your settings</settings> show.
history-none-device = Nothing was ever changed here. What holds are the defaults that <settings>the switches</settings> show.
history-changes = Changes, newest first
history-at = { $when }
history-by = In effect everywhere by { $by } at the latest.
history-not-kept = How long it took until it was in effect everywhere was not kept.
history-took = In effect everywhere { $seconds } seconds later.
history-took-at-once = In effect everywhere less than a second later.
history-revision = Revision { $version } of shard { $shard }. The record of each message names such numbers, so that anyone can check which choices it was decided by.
history-proof = For who needs a proof
history-words = Shown then, in { $language }: “{ $words }”
history-words-only = Shown then: “{ $words }”
history-where-account = At your account
history-where-device = At this device
history-where-browser = At this browser
history-by-you = You
history-by-gpc = Global Privacy Control
history-by-law = Legal duty
history-by-account = An account used here
history-closed = { $setting }: closed here by another account
history-lifted = { $setting }: no longer closed by another account
history-linked-account = An account was linked with this browser or device
history-linked-device = A device was linked to your account
history-linked-browser = A browser was linked to your account
history-unlinked-account = An account is no longer linked with this browser or device
history-unlinked-device = A device is no longer linked to your account
history-unlinked-browser = A browser is no longer linked to your account
history-set = { $attribute } corrected to “{ $value }”
history-disabled = { $attribute } not to be used
history-enabled = { $attribute } to be used again
history-removed = { $attribute } removed
history-removed-list = Removed from a list
history-removed-activity = Activity off { $platform } with an advertiser removed
history-removed-everything = Removed from every list, and all activity off { $platform }
history-range = { $from } to { $to } of { $all }
history-older = <older>Older changes</older>
history-newer = <newer>Newer changes</newer>

## Pages in place of another.

refusal-signed-out = Sign in
refusal-signed-out-text = Your settings, your data and what was shared are shown only to you. To see them, open “Personalization and data” in { $platform } while you are signed in there; it leads you back here.
refusal-signed-out-visit = A visit lasts twelve hours at most, and ends by itself when nothing is done for two hours. If you had changed something on this page just now, it was not saved.
refusal-signed-out-device = Without an account you can still choose <device>for this browser alone</device>.
signing-in = Is this sign-in yours?
signing-in-text = A link wants to sign this browser in to an account of { $platform }. Go on only if you have just asked for that yourself. If somebody sent you the link, it may be of another account: what you turn off there does not hold for you.
signing-in-go-on = Yes, sign in
signing-in-leave = If it is not yours, leave this page. Nothing has changed.
refusal-link = This link does not work
refusal-link-text = A link to these pages is good once and for a short time. This one was used before, has run out, or is not complete.
refusal-link-again = Please open “Personalization and data” in { $platform } again for a new link.
refusal-form = This form could not be checked
refusal-form-text = Nothing was changed. We accept a form only from a page that we made for you during this visit, so that no other site can change your settings.
refusal-content = This form could not be read
refusal-content-text = Nothing was changed. What arrived is not something that these pages offer.
refusal-back = Please go back to <back>where you were</back> and try again.
refusal-no-edition = No partners are in force
refusal-no-edition-text = There is no published list of partners at the moment. As long as there is none, nothing about anyone is sent to any partner.
refusal-failed = That did not work
refusal-failed-text = Something failed on our side. If you were changing something, it may not be saved: please look at <back>the page</back> and try again.
refusal-filter = This cannot be shown
refusal-filter-text = The address asks for a time, a partner or a kind of record that there is not. Nothing is shown in its place, so that nothing looks as if it had not happened. <back>Show everything of the last 7 days</back>.
refusal-no-such-page = There is no such page
refusal-no-such-page-text = There is nothing at this address. It may have been mistyped, or the link to it is not right. The links above lead to our pages.
refusal-method = This address shows nothing
refusal-method-text = It was not asked in the way that it can be asked: for example, it only takes what a button on one of our pages sends. Nothing was changed. <back>To the page</back>.
refusal-partners = The <partners>list of partners</partners> is open to everyone.

## Kinds of partnerships and of data.

kind-real-time-bidding = Real-time bidding
kind-conversion-tracking = Conversion tracking
kind-service-provider = Service providers
kind-other = Other arrangements
category-plumbing = what the exchange of messages itself needs (nothing about you)
category-context = the site or app around the ad and its subject (nothing about you)
category-coarse-device = the kind of device, its language and the rough region
category-device-identifier = an identifier of your device
category-demographic = your gender and age band
category-exposure = which ads were seen, watched or otherwise interacted with
category-precise-location = where your device is

## Why something was held back, by the code of the decision.

reason-not-started = this partnership has not started yet
reason-ended = this partnership has ended
reason-suspended = this partnership is suspended
reason-linking-attestation-lapsed = the partner has no valid promise on file to ask before linking data to a person
reason-country-not-served = this partnership does not serve the country
reason-advertiser-not-linked = the advertiser has not chosen this measurement partner
reason-happened-before-listing = it happened before this partnership was listed
reason-view-incomplete = the choices for you could not be read completely
reason-view-too-old = the latest choices could not be confirmed in time
reason-sharing-off-account = sharing is off for your account
reason-sharing-off-device = sharing is off for this device
reason-sharing-off-browser = sharing is off for this browser
reason-sharing-off-linked-account = an account used on this device or browser has sharing off
reason-sharing-off-default = sharing is off here unless it is turned on
reason-happened-while-off = it happened before sharing was last turned on
reason-personalize-ads-off = personalized ads are off
reason-coppa = the page or app is directed to children
reason-child = you are a child under the law of the country
reason-age-under-18 = you are under 18
reason-age-unknown = your age is not known
reason-limit-ad-tracking = the device limits ad tracking
reason-limit-ad-tracking-unsaid = the app does not say whether ad tracking is limited
reason-tracking-not-authorized = app tracking is not allowed on the device
reason-zero-identifier = the device hides its advertising id
reason-gpc = the browser asks not to sell or share (Global Privacy Control)
reason-us-privacy-opt-out = you opted out of the sale of your data
reason-us-privacy-no-notice = you were not told how to opt out
reason-gpp-sale-opt-out = you opted out of the sale of your data
reason-gpp-sharing-opt-out = you opted out of the sharing of your data
reason-gpp-targeted-advertising-opt-out = you opted out of targeted advertising
reason-gpp-gpc = the browser asked not to sell or share when the choice was recorded
reason-gpp-no-notice = you were not told how to opt out
reason-gpp-known-child = you are known to be a child
reason-gpp-secondary-use = the data would be used beyond the purpose it was collected for
reason-gpp-service-provider-mode = partners may only act on the platform’s behalf here
reason-gpp-contradiction = the record of what you chose contradicts itself
reason-signal-not-readable = a privacy signal is there that could not be read
reason-consent-string-missing = a record of what you agreed to is needed, and there is none
reason-not-a-vendor = the partner is not on the list of those whom you could be asked about
reason-no-basis-to-ask = the partner may not be asked to choose an ad for you
reason-no-basis-to-measure = the partner may not measure how ads did
reason-no-basis-to-identify = the partner may not use what is stored on the device
reason-no-basis-to-profile = the partner may not choose ads by a profile of you
reason-no-basis-to-locate = the partner may not learn where exactly the device is
reason-location-not-allowed = no signal allows telling where exactly the device is
reason-category-not-listed = the partnership does not include this kind of data
reason-no-key = there is no device identifier that may be shared

## What the values in a message are called.

field-age = Age
field-gender = Gender
field-lists = Lists that this partner put you on, by number
field-address-shortened = Internet address, shortened
field-device-ifa = Advertising id
field-device-ext-ifa-type = Kind of advertising id
field-device-ip = Internet address
field-device-ipv6 = Internet address
field-device-devicetype = Kind of device
field-device-make = Maker
field-device-model = Model
field-device-os = Operating system
field-device-osv = Version of the system
field-device-w = Screen width
field-device-h = Screen height
field-device-pxratio = Pixel ratio
field-device-ppi = Pixels per inch
field-device-js = Runs scripts
field-device-language = Language
field-device-langb = Language
field-device-connectiontype = Connection
field-device-carrier = Carrier
field-device-mccmnc = Mobile network
field-device-ua = Browser or app
field-device-sua = Browser or app, in parts
field-device-dnt = Asks not to be tracked
field-device-lmt = Limits ad tracking
field-device-ext-atts = App tracking permission
field-device-geo-country = Country
field-device-geo-region = Region
field-device-geo-metro = Metropolitan area
field-device-geo-utcoffset = Minutes from UTC
field-device-geo-type = How the region is known
field-device-geo-lat = Latitude
field-device-geo-lon = Longitude
field-user-id = An id for you that only this partner gets
field-ifa-type = Kind of advertising id
field-ifa = Advertising id
field-device-id-hash = Device id that only this partner gets
field-browser-id-hash = Browser id that only this partner gets
field-interaction-type = What happened
field-touch-type = Counts as
field-timestamp = When
field-touch-time-ms = When you met the ad
field-assists = How many other ads came before
field-permitted-recipients = May be passed on only to this advertiser
field-advertiser-id = Advertiser
field-campaign-id = Campaign
field-line-item-id = Part of the campaign
field-creative-id = Ad
field-app-id = Advertised app
field-ad-format = Form of the ad
field-view-duration-ms = Milliseconds in view
field-video-duration-ms = Length of the video in milliseconds
field-viewable-pct = Percent in view

meaning = { $meaning } ({ $raw })
meaning-segment-3 = 18 to 20
meaning-segment-4 = 21 to 24
meaning-segment-5 = 25 to 29
meaning-segment-6 = 30 to 34
meaning-segment-7 = 35 to 39
meaning-segment-8 = 40 to 44
meaning-segment-9 = 45 to 49
meaning-segment-10 = 50 to 54
meaning-segment-11 = 55 to 59
meaning-segment-12 = 60 to 64
meaning-segment-13 = 65 to 69
meaning-segment-14 = 70 to 74
meaning-segment-15 = 75 and over
meaning-segment-49 = female
meaning-segment-50 = male
meaning-segment-51 = other
meaning-device-devicetype-1 = phone or tablet
meaning-device-devicetype-2 = computer
meaning-device-devicetype-3 = connected television
meaning-device-devicetype-4 = phone
meaning-device-devicetype-5 = tablet
meaning-device-devicetype-6 = connected device
meaning-device-devicetype-7 = set-top box
meaning-device-devicetype-8 = public screen
meaning-device-connectiontype-0 = unknown
meaning-device-connectiontype-1 = cable
meaning-device-connectiontype-2 = wireless network
meaning-device-connectiontype-3 = mobile network
meaning-device-connectiontype-4 = mobile network, 2G
meaning-device-connectiontype-5 = mobile network, 3G
meaning-device-connectiontype-6 = mobile network, 4G
meaning-device-connectiontype-7 = mobile network, 5G
meaning-no = no
meaning-yes = yes
meaning-device-ext-atts-0 = not asked yet
meaning-device-ext-atts-1 = cannot be asked
meaning-device-ext-atts-2 = refused
meaning-device-ext-atts-3 = given
meaning-device-geo-type-1 = location service
meaning-device-geo-type-2 = Internet address
meaning-device-geo-type-3 = said by you
meaning-ifa-type-idfa = Apple advertising id
meaning-ifa-type-aaid = Android advertising id

## /partners

partners-title = Partners
partners-heading = Partners who may get data about you
partners-lead = This list is what the gateway enforces: a partner that is not on it gets nothing, and a kind of data that is not named here does not leave.
partners-edition = This edition
partners-updated = Last updated
partners-number = Edition
partners-fingerprint = Fingerprint (SHA-256)
partners-json = <json>This edition as JSON</json>
partners-under = Under the sharing setting
partners-under-text = “{ $setting }” <settings>in your settings</settings> decides whether these partners get anything about you under these arrangements. They never get your name, e-mail address, phone number or handle, and they may link what they get to you, or to other data that identifies you, only if you agreed to that with them first.
partners-beyond = Outside the sharing setting
partners-beyond-text = The switch does not govern the arrangements below, also where the partner is the same as above. They are listed so that you know of them.
partners-bidding = When there is room for an ad, { $platform } may ask these partners for bids. Advertisers use the partners’ systems to decide, within a fraction of a second, whether to buy the space and which ad to show. So that they can choose, a request may describe your device: for example, that a certain device identifier belongs to a man between 25 and 34.
partners-tracking = These partners measure for advertisers whether an ad worked. They may learn which ads your device or browser saw, watched or otherwise interacted with. If the same device later installs the advertised app, the partner can tell the advertiser who ran the ad that it worked.
partners-service = These companies work for { $platform }, on its instructions, and may not use the data for anything of their own.
partners-other = Arrangements of another kind, each described by itself.
partners-suspended = Suspended: gets nothing
partners-company = Company
partners-data = Data
partners-data-none = Nothing through this gateway
partners-device-per-partner = { $data }, written so that no other partner can match it
partners-device-raw = { $data }, as the device gives it
partners-lists = Lists
partners-lists-text = It may put you on these, and meets them again with data about you that it may get, while “Personalize ads” is on. You see yours, and can remove them, <data>in your data</data>.
partners-purposes = Used for
partners-role = Role
partners-role-controller = Controller: decides for itself how it uses the data, within this arrangement
partners-role-processor = Processor: uses the data for { $platform } and on its instructions
partners-kept = Kept for
partners-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
partners-countries = Countries
partners-in-force = In force
partners-since = since { $start }
partners-from-until = from { $start } to { $last }
partners-linking = Linking to you
partners-linking-text = Only with your consent, given to this partner first. It promised so in writing on { $signed }; without a new promise it gets nothing from { $expires } on.
partners-privacy = Privacy
partners-privacy-link = <privacy>{ $partner }’s privacy page</privacy>
partners-contact = Contact
partners-original = These texts are the original, in the language they were written in.
partners-none = No partnership of this kind is in force.
partners-creative = What an ad itself loads in your browser or app comes from the advertiser and does not go through this gateway.

## Laws that defaults rest on, in the order of the decision’s table.

law-us = state privacy laws of the United States: a right to opt out of sale and sharing
law-au = Privacy Act 1988 (Australia), Australian Privacy Principle 7: opt out of direct marketing
law-nz = Privacy Act 2020 (New Zealand): purpose stated at collection
law-mx = Federal law on personal data held by private parties (Mexico): right to object
law-br = General Data Protection Law (Brazil, Law 13.709/2018), Article 7: consent first
law-ca = Personal Information Protection and Electronic Documents Act (Canada), principle 4.3: consent
law-cn = Personal Information Protection Law (China), Article 23: separate consent to sharing
law-in = Digital Personal Data Protection Act, 2023 (India), section 6: consent
law-kr = Personal Information Protection Act (Korea), Article 17: consent to sharing
law-za = Protection of Personal Information Act (South Africa), section 69: consent
law-europe = General Data Protection Regulation, Article 6: consent first
law-outermost = General Data Protection Regulation, Article 6, and TFEU, Article 355(1): consent first
law-ax = General Data Protection Regulation, Article 6, and TFEU, Article 355(4): consent first
law-sj = Personal Data Act (Norway), treated like the European regulation
law-gb = UK General Data Protection Regulation, Article 6: consent first
law-ch = Federal Act on Data Protection (Switzerland), treated like the European regulation
law-gi = Gibraltar General Data Protection Regulation, Article 6: consent first
law-gg = Data Protection (Bailiwick of Guernsey) Law, 2017, treated like the European regulation
law-im = Data Protection (Application of GDPR) Order 2018 (Isle of Man), Article 6: consent first
law-je = Data Protection (Jersey) Law 2018, treated like the European regulation
law-none = no rule recorded for this country: the strictest default holds
