# Was die Seiten auf Deutsch sagen. Dieselben Meldungen wie in en.ftl, mit denselben Variablen und Tags.

## Rund um jede Seite.

skip = Zum Inhalt springen
brand = { $platform } <soft>und Ihre Daten</soft>
pages = Seiten
sign-out = Abmelden
place-settings = Einstellungen
place-data = Ihre Daten
place-shared = Was geteilt wurde
place-history = Verlauf
place-partners = Partner
place-device = Dieser Browser
language = Sprache
footer = Diese Seiten funktionieren ohne Skripte und laden nichts von anderen. Ohne Skripte stehen alle Zeiten in UTC.
clock = { $time } UTC
day-and-clock = { $day }, { $time } UTC
name = { $name }

## Die Einstellungen und wie sie stehen.

setting-sharing = Ihre Daten mit Geschäftspartnern von { $platform } teilen
setting-personalize-ads = Werbung personalisieren
state-sharing-on = Teilen ist ein
state-sharing-off = Teilen ist aus
state-personalize-ads-on = Personalisierte Werbung ist ein
state-personalize-ads-off = Personalisierte Werbung ist aus
state-unchosen = Noch nicht gewählt
turn-sharing-on = Teilen einschalten
turn-sharing-off = Teilen ausschalten
turn-personalize-ads-on = Personalisierte Werbung einschalten
turn-personalize-ads-off = Personalisierte Werbung ausschalten
meaning-sharing-on = Partner für Echtzeit-Gebote und für Erfolgsmessung bekommen die Daten, die die Partnerliste für jeden von ihnen nennt.
meaning-sharing-off = Unter diesen Vereinbarungen bekommen sie nichts über Sie oder Ihre Geräte. Werbung sehen Sie weiterhin; ein Partner kann nach einer gefragt werden, die allein zur Seite passt.
meaning-personalize-ads-on = Bietende Partner dürfen Ihr Gerät wiedererkennen und bekommen eventuell, was { $platform } von Partnern und aus Ihren Aktivitäten anderswo über Sie erfahren hat.
meaning-personalize-ads-off = Sie bekommen weder das eine noch das andere. Welche Werbung Ihr Gerät gesehen hat, darf weiter gemessen werden, solange Teilen eingeschaltet ist.
on = Ein
off = Aus

## /settings

settings-title = Ihre Einstellungen
settings-heading = Personalisierung und Daten
settings-lead = Solange Teilen eingeschaltet ist, gibt { $platform } an <partners>{ $who }</partners> weiter: { $data }. Nicht jeder von ihnen bekommt alles davon: Die Liste sagt, wer was bekommt. Ihr Name, Ihre E-Mail-Adresse, Ihre Telefonnummer und Ihr Nutzername werden nie an sie gesendet.
settings-lead-nothing = Zurzeit bekommt kein <partners>Partner</partners> Daten über Sie. Ihr Name, Ihre E-Mail-Adresse, Ihre Telefonnummer und Ihr Nutzername werden nie an einen gesendet.
outgoing-bidding = { $partners ->
    [one] { $partners } Partner für Echtzeit-Gebote
   *[other] { $partners } Partner für Echtzeit-Gebote
}
outgoing-tracking = { $partners ->
    [one] { $partners } Partner für Erfolgsmessung
   *[other] { $partners } Partner für Erfolgsmessung
}
saved-state = <strong>{ $state }.</strong> Gespeichert um { $saved }.
effect-since = Überall wirksam seit { $since }.
effect-by = Spätestens um { $by } überall wirksam. Sobald es so weit ist, steht es hier; ohne Skripte laden Sie die Seite bitte neu.
gpc-honoured = <strong>Ihr Browser bittet, nicht zu teilen (Global Privacy Control): Das gilt hier.</strong>
gpc-meaning = Was mit diesem Signal aus diesem Browser kommt, gibt nichts über Sie weiter, auch während Teilen eingeschaltet ist.
gpc-elsewhere = Für Ihre anderen Geräte und Browser gilt der Schalter unten.
gpc-question = <strong>Ihr Browser bittet, nicht zu teilen, und Ihr Schalter steht auf „Ein“.</strong> In diesem Browser gilt das Signal, was Sie auch wählen. Was soll auf Ihren anderen Geräten und Browsern gelten?
gpc-question-once = Wir fragen das einmal und vermerken Ihre Antwort im <history>Verlauf</history>.
gpc-turn-off = Teilen überall ausschalten
gpc-keep-on = Anderswo weiter teilen
stale = <strong>Diese Sendestelle kann die neuesten Entscheidungen gerade nicht bestätigen.</strong> Bis sie es kann, sendet sie über niemanden etwas.
chosen-person = Das haben Sie gewählt: { $when }.
chosen-gpc = Das hat Ihr Browser gewählt (Global Privacy Control): { $when }.
chosen-operator = Das hat { $platform } eingestellt: { $when }.
chosen-law = Das hat eine gesetzliche Pflicht eingestellt: { $when }.
chosen-undated = Das wurde gewählt.
default-country = Noch nicht gewählt: Das ist die Voreinstellung für dieses Land: { $country }. Wo eine strengere Regel gilt, zählt die strengere.
default-unknown = Noch nicht gewählt: { $platform } kennt Ihr Land nicht, deshalb gilt die strengste Voreinstellung.
default-law = Grundlage: { $law }.
effect-heading = Wann eine Änderung wirkt
effect-within = { $seconds ->
    [one] Eine Änderung wirkt überall innerhalb von { $seconds } Sekunde. Bis eine Sendestelle sie hat, sendet sie nichts.
   *[other] Eine Änderung wirkt überall innerhalb von { $seconds } Sekunden. Bis eine Sendestelle sie hat, sendet sie nichts.
}
effect-bills = Nach „Aus“ kann eine Anzeige, die schon gewonnen hatte, noch abgerechnet werden; diese Nachricht sagt nichts über Sie.
reach-heading = Wo Ihre Wahl gilt
reach-linked = Für Ihr Konto und für { $linked }, die Sie damit nutzen. „Aus“ schließt sie für alle, die sie nutzen. „Ein“ öffnet nur, was niemand sonst geschlossen hat.
reach-account = Für Ihr Konto, wo immer Sie es nutzen. Zurzeit ist kein Gerät und kein Browser damit verknüpft.
reach-browser = Was Sie <device>nur für diesen Browser</device> wählen, gilt auch, während Sie abgemeldet sind.
linked-devices = { $count ->
    [one] { $count } Gerät
   *[other] { $count } Geräte
}
linked-browsers = { $count ->
    [one] { $count } Browser
   *[other] { $count } Browser
}
before-heading = Was vorher weitergegeben wurde
before-text = Eine Änderung wirkt von jetzt an. Was Partner vorher bekommen haben, steht unter <shared>Was geteilt wurde</shared>, mit den tatsächlichen Werten.
before-forget = Wenn Sie Teilen ausschalten, werden die Partner, die dadurch etwas über Sie bekommen haben, auch aufgefordert, es zu vergessen, soweit sie solche Nachrichten annehmen.
before-recalled = Partner, die aufgefordert sind, Erhaltenes zu vergessen oder zu berichtigen:
recalled-damaged = Wie weit Partner mit dem sind, was sie vergessen oder berichtigen sollen, lässt sich gerade nicht lesen.
scope-heading = Was diese Einstellungen nicht erfassen
scope-text = Unternehmen, die für { $platform } auf Weisung arbeiten (Dienstleister), und andere Vereinbarungen, auch mit denselben Partnern. Sie alle stehen auf der <partners>Partnerliste</partners>; was an sie ging, steht unter <shared>Was geteilt wurde</shared>.

## /device

device-title-browser = Dieser Browser
device-title-device = Dieses Gerät
device-lead-browser = Dafür brauchen Sie kein Konto: Die Schalter unten gelten für diesen Browser, wer auch immer ihn nutzt.
device-lead-device = Dafür brauchen Sie kein Konto: Die Schalter unten gelten für dieses Gerät, wer auch immer es nutzt.
device-cookie = Ihre Wahl wird unter einer Nummer in einem Cookie dieses Browsers aufbewahrt. Bevor Sie wählen, gibt es keine Nummer; wer das Cookie löscht, löscht die Wahl.
device-visit = Wer diesen Browser nutzt, kann diese Wahl sehen und ändern, bis Sie die Seite verlassen: höchstens zwölf Stunden lang, und zwei Stunden, wenn nichts geschieht.
device-leave = Seite dieses Geräts verlassen
device-signing-in-heading = Was sich durch Anmelden ändert
device-signing-in-both = Der Schutz wird nie geringer: Wenn Sie sich anmelden, zählen die Schalter Ihres Kontos mit, und der strengere gilt.
device-signing-in-account = Die Schalter Ihres Kontos gelten überall, wo Sie es nutzen; die Schalter hier gelten nur hier.
device-signing-in-records = Angemeldet sehen Sie auch die Daten Ihres Kontos und was davon geteilt wurde. Diese Seite zeigt nur, was ohne Konto weitergegeben wurde.
device-sign-in = Bei { $platform } anmelden
device-closed-sharing = Teilen ist auch hier geschlossen, weil ein Konto, das hier genutzt wird, es ausgeschaltet hat. Was Sie unten wählen, öffnet es nicht.
device-closed-personalize-ads = Personalisierte Werbung ist auch hier geschlossen, weil ein Konto, das hier genutzt wird, sie ausgeschaltet hat. Was Sie unten wählen, öffnet sie nicht.
device-closed-chosen = Nur hier gewählt: ein
device-closed-own = Nur hier wurde „ein“ gewählt; das öffnet nichts.
device-closed-unchosen = Ein Konto, das hier genutzt wird, hat das ausgeschaltet. Nur hier wurde nichts gewählt.
device-default = Bis jemand wählt, gilt die Voreinstellung des Landes, in dem Sie sind. Wo { $platform } es nicht kennt, ist das „Aus“.
device-scope = Unternehmen, die für { $platform } auf Weisung arbeiten (Dienstleister), und andere Vereinbarungen, auch mit denselben Partnern. Sie alle stehen auf der <partners>Partnerliste</partners>.
device-records = Was ohne Konto weitergegeben wurde
device-records-text = Welche Daten über diesen Browser oder dieses Gerät an wen gingen und was zurückgehalten wurde: <shared>Was geteilt wurde</shared>. Jede Änderung der Schalter: <history>Verlauf</history>.
device-nothing-yet = Über diesen Browser ist nichts gespeichert: Hier hat noch niemand etwas gewählt.

## /settings/data

data-title = Ihre Daten
data-heading = Ihre Daten bei { $platform }
data-lead = Was { $platform } für Werbung über Sie aufbewahrt, woher jeder Wert stammt und wer ihn bekommen darf. Was Sie hier berichtigen, abschalten oder entfernen, gilt von da an.
data-saved = <strong>Gespeichert um { $saved }.</strong> Seitdem an jeder Sendestelle wirksam: Ab der nächsten Nachricht bekommen Partner den neuen Wert.
data-age-unknown = <strong>{ $platform } weiß nicht, ob Sie mindestens 18 sind.</strong> Bis dahin geht weder Ihr Geschlecht noch Ihre Altersgruppe an einen Partner.
data-under-18 = <strong>Soweit { $platform } weiß, sind Sie unter 18.</strong> Weder Ihr Geschlecht noch Ihre Altersgruppe noch eine Kennung Ihres Geräts geht an einen Partner. Eine Berichtigung auf dieser Seite ändert das nicht.
data-child = <strong>Soweit { $platform } weiß, sind Sie nach dem Recht Ihres Landes zu jung.</strong> Nichts über Sie geht an einen Partner. Eine Berichtigung auf dieser Seite ändert das nicht.
attribute-gender = Geschlecht
attribute-age-band = Altersgruppe
attribute-languages = Sprachen
attribute-interests = Interessen
in-use = Wird verwendet
held = Wegen des Alters nicht verwendet
unknown = Nicht bekannt
disabled = Nicht verwendet
removed = Entfernt
data-nothing = { $platform } hat keinen Wert, und kein Partner bekommt einen.
data-disabled = Sie haben { $platform } gebeten, das nicht zu verwenden. Kein Partner bekommt es.
data-removed = Sie haben das entfernen lassen. Kein Partner bekommt es, und was andere von nun an sagen, wird nicht aufbewahrt.
data-source = Quelle: { $source }.
data-source-since = Quelle: { $source }, { $since }.
data-source-sure = Quelle: { $source } (zu { $percent } % sicher).
data-source-sure-since = Quelle: { $source }, { $since } (zu { $percent } % sicher).
data-on-file = Alle gespeicherten Werte
data-first-counts = Der erste zählt. Was Sie sagen, geht allem anderen vor.
data-you-first = Was Sie sagen, geht allem anderen vor.
data-candidate = { $value }: { $source }
data-candidate-since = { $value }: { $source }, { $since }
data-candidate-sure = { $value }: { $source } (zu { $percent } % sicher)
data-candidate-sure-since = { $value }: { $source }, { $since } (zu { $percent } % sicher)
data-correct-what = <hidden>{ $what }: </hidden>Berichtigen zu
data-choose = Bitte wählen
data-save = Speichern<hidden>: { $what }</hidden>
data-disable = Nicht verwenden<hidden>: { $what }</hidden>
data-enable = Wieder verwenden<hidden>: { $what }</hidden>
data-remove = Entfernen<hidden>: { $what }</hidden>
data-receivers-none = Keine geltende Vereinbarung umfasst das.
data-receivers = Wer es bekommen darf, solange Ihre Einstellungen und alle Regeln es erlauben:
data-receiver = <partnership>{ $partner }: { $title }</partnership>
data-receiver-outside = <partnership>{ $partner }: { $title }</partnership> (vom Schalter für das Teilen nicht erfasst)
data-platform-only = Das verwendet nur { $platform } selbst. Kein Partner bekommt es.
data-nothing-known = { $platform } hat nichts vermerkt.
data-export-heading = Zum Mitnehmen
data-export-text = Alles auf dieser Seite; was Sie abgeschaltet oder entfernt haben, ist so gekennzeichnet: <json>Ihre Daten als JSON</json>.
data-export-receipt = Was Sie wann und unter welchen Worten entschieden haben und was jeder Partner bekommen hat: <receipt>Ihr Einwilligungsbeleg</receipt> (JSON-LD, ISO/IEC TS 27560).
source-declared = Ihre eigene Angabe
source-own = hier von Ihnen berichtigt
source-inferred = von { $platform } vermutet, nach dem, was bei { $platform } geschieht
source-partner = Angabe eines Partners
source-off-platform = vermutet nach Aktivitäten außerhalb von { $platform }
since-day = seit { $day }
gender-female = Weiblich
gender-male = Männlich
gender-other = Divers
age-band-18-24 = 18 bis 24
age-band-25-34 = 25 bis 34
age-band-35-44 = 35 bis 44
age-band-45-54 = 45 bis 54
age-band-55-64 = 55 bis 64
age-band-65 = 65 und älter

elsewhere-heading = Was andere über Sie sagen
elsewhere-open = „Werbung personalisieren“ <settings>in Ihren Einstellungen</settings> entscheidet, ob davon etwas aufbewahrt wird. Es ist eingeschaltet. Wenn Sie es ausschalten, wird alles hier gelöscht, und was andere von da an senden, wird verworfen.
elsewhere-off = „Werbung personalisieren“ <settings>in Ihren Einstellungen</settings> entscheidet, ob davon etwas aufbewahrt wird. Es ist ausgeschaltet: Nichts wird aufbewahrt, und was andere senden, wird verworfen. Schalten Sie es später ein, zählt nur, was sie von da an senden.
elsewhere-age = „Werbung personalisieren“ <settings>in Ihren Einstellungen</settings> entscheidet, ob davon etwas aufbewahrt wird. Weil { $platform } nicht weiß, dass Sie mindestens 18 sind, wird so oder so nichts aufbewahrt.
lists-heading = Listen, auf die Partner und Werbetreibende Sie gesetzt haben
lists-none = Sie stehen auf keiner Liste.
lists-lead = Eine Liste geht zurück an den Partner, der sie angelegt hat, wenn er nach einer Anzeige gefragt werden und Sie wiedererkennen darf, und an den eigenen Anzeigenserver von { $platform }. An andere Partner geht sie nicht, und sie wird nicht verwendet, solange so wenige darauf stehen, dass sie auf Sie zeigt.
list-by = Gesetzt von <partnership>{ $partner }</partnership>.
list-by-for = Gesetzt von <partnership>{ $partner }</partnership>, für { $advertiser }.
list-dates = Seit { $since }, längstens bis { $until }.
list-remove = Entfernen<hidden>: Liste { $list }</hidden>
list-unknown = Eine Liste, die nicht mehr verwendet werden darf
activity-heading = Aktivitäten außerhalb von { $platform }
activity-none = Kein Werbetreibender hat gemeldet, was Sie auf seiner Website oder in seiner App getan haben.
activity-lead = Was Websites und Apps dieser Werbetreibenden über Ihr Tun dort gemeldet haben. Der eigene Anzeigenserver von { $platform } darf es verwenden; kein Partner bekommt es.
activity-done = { $what }, zuletzt am { $last }
activity-until = Wird längstens bis { $until } aufbewahrt.
activity-remove = Entfernen<hidden>: Aktivitäten bei { $advertiser }</hidden>
activity-visit = Sie haben die Website besucht
activity-view-product = Sie haben ein Angebot angesehen
activity-add-to-cart = Sie haben etwas in den Warenkorb gelegt
activity-sign-up = Sie haben sich registriert
activity-purchase = Sie haben etwas gekauft
activity-open-app = Sie haben die App geöffnet
everything = Alles Obige
everything-text = Nimmt Sie von allen Listen oben und entfernt alle Aktivitäten oben.
everything-remove = Alles entfernen
removed-heading = Von Ihnen entfernt
removed-text = Auf diese werden Sie nicht wieder gesetzt, was auch immer gesendet wird.
removed-list = { $list } ({ $partner })
removed-activity = Aktivitäten bei { $advertiser }

## /settings/shared und /device/shared

shared-title = Was geteilt wurde
shared-lead = Alles über Ihr Konto, was { $platform } an einen Partner gesendet hat oder gesendet haben könnte, mit den tatsächlichen Werten, und was warum zurückgehalten wurde.
shared-lead-browser = Was { $platform } ohne Konto über diesen Browser gesendet hat oder gesendet haben könnte, mit den tatsächlichen Werten, und was warum zurückgehalten wurde.
shared-lead-device = Was { $platform } ohne Konto über dieses Gerät gesendet hat oder gesendet haben könnte, mit den tatsächlichen Werten, und was warum zurückgehalten wurde.
shared-notes = So ist das zu lesen
shared-before = Jede Nachricht wird hier vermerkt, bevor sie gesendet wird; gezählt wird also auch eine, die dann nie ankam.
shared-bills = Einem Partner, dessen Anzeige gezeigt wurde, wird das mit dem Preis mitgeteilt, damit er bezahlt. Eine solche Abrechnung enthält nichts über Sie; sie wird als Abrechnung vermerkt und steht nicht hier. Sie geht auch dann hinaus, wenn Sie Teilen inzwischen ausgeschaltet haben.
shared-filter = Welche Zeit und welcher Partner
range = Zeitraum
range-today = Heute
range-7-days = 7 Tage
range-30-days = 30 Tage
range-month = { $month }
partner = Partner
partner-all = Alle Partner
show = Anzeigen
show-what = Was
show-everything = Alles
show-told = Nur Geteiltes
show-withheld = Nur Zurückgehaltenes
shared-from = Von { $from } bis jetzt.
shared-from-until = Von { $from } bis { $until }.
shared-months = Monat für Monat
shared-download = Herunterladen: <json>JSON</json>, <csv>CSV</csv>
shared-summary = { $messages ->
    [0] In dieser Zeit ging nichts über Sie an einen Partner, für den der Schalter gilt.
    [one] In dieser Zeit ging { $messages } Nachricht mit Daten über Sie an einen Partner, für den der Schalter gilt, oder könnte gegangen sein.
   *[other] In dieser Zeit gingen { $messages } Nachrichten mit Daten über Sie an Partner, für die der Schalter gilt, oder könnten gegangen sein.
}
shared-summary-only = { $messages ->
    [0] In dieser Zeit ging unter dieser Vereinbarung nichts über Sie hinaus.
    [one] In dieser Zeit ging unter dieser Vereinbarung { $messages } Nachricht mit Daten über Sie hinaus oder könnte hinausgegangen sein.
   *[other] In dieser Zeit gingen unter dieser Vereinbarung { $messages } Nachrichten mit Daten über Sie hinaus oder könnten hinausgegangen sein.
}
shared-held = { $times ->
    [0] Nichts musste zurückgehalten werden.
    [one] { $times }-mal wurde etwas zurückgehalten.
   *[other] { $times }-mal wurde etwas zurückgehalten.
}
shared-only = Gezeigt wird nur diese Vereinbarung: { $arrangement }.
shared-only-told = Gezeigt wird nur, was geteilt wurde, nicht, was zurückgehalten wurde.
shared-only-withheld = Gezeigt wird nur, was zurückgehalten wurde, nicht, was geteilt wurde.
shared-unfiltered = <all>Alles zeigen</all>
shared-kept = { $days ->
    [one] Aufgehoben wird dies mindestens { $days } Tag lang. Älteres kann hier fehlen.
   *[other] Aufgehoben wird dies mindestens { $days } Tage lang. Älteres kann hier fehlen.
}
shared-under = Vom Schalter erfasst
shared-outside = Vom Schalter nicht erfasst
shared-outside-lead = Dienstleister und andere Vereinbarungen. Für sie gilt der Schalter nicht, auch wo der Partner derselbe ist.
shared-nothing = In dieser Zeit wurde nichts geteilt, und nichts musste zurückgehalten werden: Keine Gelegenheit für eine Anzeige bei Ihnen hat diese Partner erreicht.
shared-nothing-outside = In dieser Zeit ging unter einer solchen Vereinbarung nichts über Sie hinaus, und nichts könnte hinausgegangen sein.
shared-no-told = In dieser Zeit ging hier nichts über Sie hinaus, und nichts könnte hinausgegangen sein.
shared-no-withheld = In dieser Zeit musste hier nichts zurückgehalten werden.
shared-was-sent = Was gesendet wurde oder gesendet worden sein könnte
shared-nothing-about-you = Nichts über Sie.
shared-no-more = Auf dieser Seite nichts mehr: Alles steht auf den Seiten davor.
shared-times = { $times ->
    [one] { $what }: { $times }-mal.
   *[other] { $what }: { $times }-mal.
}
shared-first-last = Zuerst { $first }, zuletzt { $last }, unter { $edition }
shared-once = { $first }, unter { $edition }
shared-said-nothing = Es stand nichts über Sie oder Ihr Gerät darin.
shared-damaged = Einiges von dem, was gesendet wurde, fehlt hier: Es wurde beschädigt, wo es aufbewahrt wird.
shared-perhaps-damaged = Einiges von dem, was gesendet wurde, fehlt hier vielleicht: Aufzeichnungen wurden beschädigt, wo sie aufbewahrt werden.
shared-said-damaged = Was darin stand, lässt sich nicht mehr lesen: Es wurde beschädigt, wo es aufbewahrt wird.
shared-more = { $count } weitere, mit anderen Werten
shared-left-out = Es gibt { $count } weitere Sätze von Werten. <more>Die nächsten anzeigen</more> oder alles herunterladen.
shared-first-page = <first>Zurück zu den neuesten</first>
shared-held-back = Was zurückgehalten wurde, und warum
shared-withheld = { $times ->
    [one] { $times }-mal: { $why }
   *[other] { $times }-mal: { $why }
}
shared-reasons = Eine Gelegenheit kann mehrere Gründe haben und zählt dann bei jedem.
edition-number = <edition>Ausgabe { $number }</edition>
edition-earlier = einer früheren Ausgabe ({ $hash }…)
kind-outside = Vom Schalter nicht erfasst
kind-unlisted = Nicht mehr gelistet
title-unlisted = Eine Vereinbarung, die nicht mehr auf der Liste steht
path-bid-request = Nach einem Gebot für eine Anzeige gefragt
path-contextual-bid-request = Nach einem Gebot für eine Anzeige gefragt, ohne Daten über Sie
path-win-notice = Informiert, dass die Anzeige gewonnen hat
path-billing-notice = Informiert, dass die Anzeige gezeigt wurde und zu bezahlen ist
path-loss-notice = Informiert, dass die Anzeige nicht gewonnen hat
path-exposures = Informiert, welche Anzeigen Ihr Gerät gesehen hat
path-touches = Informiert, nach welcher Anzeige eine App installiert wurde
path-recall = Aufgefordert, Erhaltenes zu vergessen oder zu berichtigen
path-deletion-request = Gebeten, zu löschen, was vorliegt

recalled-heading = Zurückgerufen
recalled-lead = Wenn Sie das Teilen ausschalten oder Ihre Daten berichtigen, erfährt das jeder Partner, der vorher etwas über Sie bekommen hat. Die Nachricht nennt keine Person: Sie zählt die Nummern von Nachrichten auf, die der Partner bekommen hat, die vieler Menschen gemischt.
recalled-asked = Aufgefordert
recalled-forget = Zu vergessen, was vor dem Ausschalten ankam
recalled-correct = Die berichtigten Daten nicht mehr zu verwenden
recalled-since = Seit
recalled-messages = Betroffene Nachrichten
recalled-number = { $messages }
recalled-state = Stand
recalled-done = Erledigt: vom Partner bestätigt am { $when }
recalled-sent = Gesendet am { $when }; vom Partner noch nicht bestätigt
recalled-waiting = Wartet auf den Versand
recalled-unreachable = Kann von diesem Partner nicht zurückgerufen werden

next-heading = Was die nächste Nachricht sagen würde
next-lead = Gerade eben nach denselben Regeln erstellt, die über echte Nachrichten entscheiden, und nicht gesendet: was jeder Partner über Sie bekäme, wenn es in dieser Minute auf { $where } eine Anzeige für ihn gäbe.
next-device = Eine echte Nachricht sagt auch, was Ihr Gerät dann von sich sagt, soweit es hinausgehen darf.
next-told = Er bekäme:
next-id = entsteht nur für diesen Partner, wenn die Nachricht entsteht
next-contextual = Er würde gefragt, ohne etwas über Sie.
next-nothing = Er bekäme nichts.
next-none = Keine geltende Vereinbarung bekommt Daten über dieses Gateway.
next-chip-told = Bekommt Daten über Sie
next-chip-nothing = Bekommt nichts über Sie
next-why = Was weggelassen wird, und warum

## /settings/history und /device/history

history-title = Verlauf
history-heading = Verlauf Ihrer Entscheidungen
history-lead = Jede Änderung Ihrer Einstellungen und Daten: wer sie gemacht hat, wo, ab wann sie wirkte und welche Worte dabei standen.
history-damaged = Ein Teil Ihres Verlaufs fehlt hier: Er wurde beschädigt, wo er aufbewahrt wird. Was ein- oder ausgeschaltet ist, hat sich dadurch nicht geändert.
history-unread = Ihr Verlauf lässt sich gerade nicht lesen. Was ein- oder ausgeschaltet ist, hat sich dadurch nicht geändert.
history-none = Für Ihr Konto wurde noch nie etwas geändert. Es gelten die Voreinstellungen, die <settings>Ihre Einstellungen</settings> zeigen.
history-none-device = Hier wurde noch nie etwas geändert. Es gelten die Voreinstellungen, die <settings>die Schalter</settings> zeigen.
history-changes = Änderungen, die neuesten zuerst
history-at = { $when }
history-by = Spätestens um { $by } überall wirksam.
history-not-kept = Wie lange es dauerte, bis es überall wirksam war, ist nicht erhalten.
history-took = Nach { $seconds } Sekunden überall wirksam.
history-took-at-once = Nach weniger als einer Sekunde überall wirksam.
history-revision = Revision { $version } im Teil { $shard }. Der Vermerk jeder Nachricht nennt solche Nummern, sodass sich prüfen lässt, nach welcher Wahl über sie entschieden wurde.
history-proof = Für alle, die einen Nachweis brauchen
history-words = Damals stand da, auf { $language }: „{ $words }“
history-words-only = Damals stand da: „{ $words }“
history-where-account = Bei Ihrem Konto
history-where-device = Bei diesem Gerät
history-where-browser = Bei diesem Browser
history-by-you = Sie
history-by-gpc = Global Privacy Control
history-by-law = Gesetzliche Pflicht
history-by-account = Ein hier genutztes Konto
history-closed = { $setting }: hier von einem anderen Konto geschlossen
history-lifted = { $setting }: nicht mehr von einem anderen Konto geschlossen
history-linked-account = Ein Konto wurde mit diesem Browser oder Gerät verknüpft
history-linked-device = Ein Gerät wurde mit Ihrem Konto verknüpft
history-linked-browser = Ein Browser wurde mit Ihrem Konto verknüpft
history-unlinked-account = Ein Konto ist nicht mehr mit diesem Browser oder Gerät verknüpft
history-unlinked-device = Ein Gerät ist nicht mehr mit Ihrem Konto verknüpft
history-unlinked-browser = Ein Browser ist nicht mehr mit Ihrem Konto verknüpft
history-set = { $attribute } berichtigt zu „{ $value }“
history-disabled = { $attribute }: nicht mehr verwenden
history-enabled = { $attribute }: wieder verwenden
history-removed = { $attribute }: entfernt
history-removed-list = Von einer Liste genommen
history-removed-activity = Aktivitäten außerhalb von { $platform } bei einem Werbetreibenden entfernt
history-removed-everything = Von allen Listen genommen und alle Aktivitäten außerhalb von { $platform } entfernt
history-range = { $from } bis { $to } von { $all }
history-older = <older>Ältere Änderungen</older>
history-newer = <newer>Neuere Änderungen</newer>

## Seiten an Stelle einer anderen.

refusal-signed-out = Anmelden
refusal-signed-out-text = Ihre Einstellungen, Ihre Daten und was geteilt wurde sehen nur Sie. Öffnen Sie dazu bei { $platform } „Personalisierung und Daten“, während Sie dort angemeldet sind; das führt Sie hierher zurück.
refusal-signed-out-visit = Ein Besuch dauert höchstens zwölf Stunden und endet von selbst, wenn zwei Stunden lang nichts geschieht. Falls Sie auf dieser Seite gerade etwas geändert haben, wurde es nicht gespeichert.
refusal-signed-out-device = Auch ohne Konto können Sie <device>nur für diesen Browser</device> wählen.
signing-in = Ist das Ihre Anmeldung?
signing-in-text = Ein Link will diesen Browser bei einem Konto von { $platform } anmelden. Machen Sie nur weiter, wenn Sie das gerade selbst verlangt haben. Hat jemand Ihnen den Link geschickt, gehört er vielleicht zu einem anderen Konto: Was Sie dort ausschalten, gilt nicht für Sie.
signing-in-go-on = Ja, anmelden
signing-in-leave = Ist es nicht Ihre, verlassen Sie diese Seite. Es hat sich nichts geändert.
refusal-link = Dieser Link funktioniert nicht
refusal-link-text = Ein Link zu diesen Seiten gilt einmal und kurze Zeit. Dieser wurde schon benutzt, ist abgelaufen oder unvollständig.
refusal-link-again = Bitte öffnen Sie bei { $platform } noch einmal „Personalisierung und Daten“; dort gibt es einen neuen Link.
refusal-form = Dieses Formular ließ sich nicht prüfen
refusal-form-text = Nichts wurde geändert. Wir nehmen ein Formular nur von einer Seite an, die wir bei diesem Besuch für Sie gemacht haben, damit keine andere Website Ihre Einstellungen ändern kann.
refusal-content = Dieses Formular ließ sich nicht lesen
refusal-content-text = Nichts wurde geändert. Was ankam, bieten diese Seiten nicht an.
refusal-back = Bitte gehen Sie <back>zurück</back> und versuchen Sie es noch einmal.
refusal-no-edition = Zurzeit gelten keine Partner
refusal-no-edition-text = Zurzeit ist keine Partnerliste veröffentlicht. Solange es keine gibt, wird über niemanden etwas an einen Partner gesendet.
refusal-failed = Das hat nicht geklappt
refusal-failed-text = Bei uns ist etwas fehlgeschlagen. Falls Sie gerade etwas geändert haben, ist es vielleicht nicht gespeichert: Bitte sehen Sie <back>auf der Seite</back> nach und versuchen Sie es noch einmal.
refusal-filter = Das lässt sich nicht zeigen
refusal-filter-text = Die Adresse fragt nach einer Zeit, einem Partner oder einer Art von Eintrag, die es nicht gibt. Stattdessen wird nichts gezeigt, damit nichts so aussieht, als wäre es nicht geschehen. <back>Alles aus den letzten 7 Tagen zeigen</back>.
refusal-no-such-page = Diese Seite gibt es nicht
refusal-no-such-page-text = Unter dieser Adresse gibt es nichts. Vielleicht ist sie vertippt, oder der Link hierher stimmt nicht. Die Links oben führen zu unseren Seiten.
refusal-method = Diese Adresse zeigt nichts
refusal-method-text = Sie wurde nicht so aufgerufen, wie sie aufgerufen werden kann: Zum Beispiel nimmt sie nur an, was ein Knopf auf einer unserer Seiten sendet. Nichts wurde geändert. <back>Zur Seite</back>.
refusal-partners = Die <partners>Partnerliste</partners> ist für alle offen.

## Arten von Vereinbarungen und von Daten.

kind-real-time-bidding = Echtzeit-Gebote
kind-conversion-tracking = Erfolgsmessung
kind-service-provider = Dienstleister
kind-other = Andere Vereinbarungen
category-plumbing = was der Austausch der Nachrichten selbst braucht (nichts über Sie)
category-context = die Website oder App rund um die Anzeige und ihr Thema (nichts über Sie)
category-coarse-device = die Art des Geräts, seine Sprache und die ungefähre Region
category-device-identifier = eine Kennung Ihres Geräts
category-demographic = Ihr Geschlecht und Ihre Altersgruppe
category-exposure = welche Anzeigen gesehen, angeschaut oder sonst genutzt wurden
category-precise-location = wo Ihr Gerät ist

## Warum etwas zurückgehalten wurde, nach dem Code der Entscheidung.

reason-not-started = diese Vereinbarung hat noch nicht begonnen
reason-ended = diese Vereinbarung ist beendet
reason-suspended = diese Vereinbarung ist ausgesetzt
reason-linking-attestation-lapsed = vom Partner liegt keine gültige Zusage vor, vor dem Verknüpfen mit einer Person zu fragen
reason-country-not-served = diese Vereinbarung gilt nicht für das Land
reason-advertiser-not-linked = der Werbetreibende hat diesen Messpartner nicht gewählt
reason-happened-before-listing = es geschah, bevor diese Vereinbarung auf der Liste stand
reason-view-incomplete = Ihre Entscheidungen konnten nicht vollständig gelesen werden
reason-view-too-old = die neuesten Entscheidungen konnten nicht rechtzeitig bestätigt werden
reason-sharing-off-account = Teilen ist für Ihr Konto ausgeschaltet
reason-sharing-off-device = Teilen ist für dieses Gerät ausgeschaltet
reason-sharing-off-browser = Teilen ist für diesen Browser ausgeschaltet
reason-sharing-off-linked-account = ein Konto, das auf diesem Gerät oder in diesem Browser genutzt wird, hat Teilen ausgeschaltet
reason-sharing-off-default = Teilen ist hier aus, bis es jemand einschaltet
reason-happened-while-off = es geschah, bevor Teilen zuletzt eingeschaltet wurde
reason-personalize-ads-off = personalisierte Werbung ist ausgeschaltet
reason-coppa = die Seite oder App richtet sich an Kinder
reason-child = nach dem Recht des Landes sind Sie ein Kind
reason-age-under-18 = Sie sind unter 18
reason-age-unknown = Ihr Alter ist nicht bekannt
reason-limit-ad-tracking = das Gerät begrenzt Ad-Tracking
reason-limit-ad-tracking-unsaid = die App sagt nicht, ob Ad-Tracking begrenzt ist
reason-tracking-not-authorized = App-Tracking ist auf dem Gerät nicht erlaubt
reason-zero-identifier = das Gerät verbirgt seine Werbe-ID
reason-gpc = der Browser bittet, nicht zu verkaufen und nicht zu teilen (Global Privacy Control)
reason-us-privacy-opt-out = Sie haben dem Verkauf Ihrer Daten widersprochen
reason-us-privacy-no-notice = Ihnen wurde nicht gesagt, wie Sie widersprechen können
reason-gpp-sale-opt-out = Sie haben dem Verkauf Ihrer Daten widersprochen
reason-gpp-sharing-opt-out = Sie haben dem Teilen Ihrer Daten widersprochen
reason-gpp-targeted-advertising-opt-out = Sie haben zielgerichteter Werbung widersprochen
reason-gpp-gpc = der Browser bat, nicht zu verkaufen und nicht zu teilen, als die Wahl aufgezeichnet wurde
reason-gpp-no-notice = Ihnen wurde nicht gesagt, wie Sie widersprechen können
reason-gpp-known-child = es ist bekannt, dass Sie ein Kind sind
reason-gpp-secondary-use = die Daten würden für mehr verwendet, als wofür sie erhoben wurden
reason-gpp-service-provider-mode = Partner dürfen hier nur im Auftrag der Plattform handeln
reason-gpp-contradiction = die Aufzeichnung Ihrer Wahl widerspricht sich
reason-signal-not-readable = es gibt ein Datenschutz-Signal, das nicht lesbar war
reason-consent-string-missing = es braucht eine Aufzeichnung dessen, dem Sie zugestimmt haben, und es gibt keine
reason-not-a-vendor = der Partner steht nicht auf der Liste derer, zu denen Sie gefragt werden konnten
reason-no-basis-to-ask = der Partner darf nicht gefragt werden, eine Anzeige für Sie auszuwählen
reason-no-basis-to-measure = der Partner darf nicht messen, wie Anzeigen wirkten
reason-no-basis-to-identify = der Partner darf nicht nutzen, was auf dem Gerät gespeichert ist
reason-no-basis-to-profile = der Partner darf Anzeigen nicht nach einem Profil von Ihnen auswählen
reason-no-basis-to-locate = der Partner darf nicht erfahren, wo genau das Gerät ist
reason-location-not-allowed = kein Signal erlaubt zu sagen, wo genau das Gerät ist
reason-category-not-listed = die Vereinbarung umfasst diese Art von Daten nicht
reason-no-key = es gibt keine Gerätekennung, die geteilt werden darf

## Wie die Werte in einer Nachricht heißen.

field-age = Alter
field-gender = Geschlecht
field-lists = Listen, auf die dieser Partner Sie gesetzt hat, nach Nummer
field-address-shortened = Internetadresse, gekürzt
field-device-ifa = Werbe-ID
field-device-ext-ifa-type = Art der Werbe-ID
field-device-ip = Internetadresse
field-device-ipv6 = Internetadresse
field-device-devicetype = Art des Geräts
field-device-make = Hersteller
field-device-model = Modell
field-device-os = Betriebssystem
field-device-osv = Version des Systems
field-device-w = Breite des Bildschirms
field-device-h = Höhe des Bildschirms
field-device-pxratio = Pixelverhältnis
field-device-ppi = Pixel pro Zoll
field-device-js = Führt Skripte aus
field-device-language = Sprache
field-device-langb = Sprache
field-device-connectiontype = Verbindung
field-device-carrier = Netzbetreiber
field-device-mccmnc = Mobilfunknetz
field-device-ua = Browser oder App
field-device-sua = Browser oder App, in Teilen
field-device-dnt = Bittet, nicht verfolgt zu werden
field-device-lmt = Begrenzt Ad-Tracking
field-device-ext-atts = Erlaubnis zum App-Tracking
field-device-geo-country = Land
field-device-geo-region = Region
field-device-geo-metro = Großraum
field-device-geo-utcoffset = Minuten Abstand zu UTC
field-device-geo-type = Woher die Region bekannt ist
field-device-geo-lat = Geografische Breite
field-device-geo-lon = Geografische Länge
field-user-id = Eine Kennung für Sie, die nur dieser Partner bekommt
field-ifa-type = Art der Werbe-ID
field-ifa = Werbe-ID
field-device-id-hash = Gerätekennung, die nur dieser Partner bekommt
field-browser-id-hash = Browserkennung, die nur dieser Partner bekommt
field-interaction-type = Was geschah
field-touch-type = Zählt als
field-timestamp = Wann
field-touch-time-ms = Wann Sie der Anzeige begegnet sind
field-assists = Wie viele andere Anzeigen vorausgingen
field-permitted-recipients = Darf nur an diesen Werbetreibenden weitergegeben werden
field-advertiser-id = Werbetreibender
field-campaign-id = Kampagne
field-line-item-id = Teil der Kampagne
field-creative-id = Anzeige
field-app-id = Beworbene App
field-ad-format = Form der Anzeige
field-view-duration-ms = Millisekunden im Bild
field-video-duration-ms = Länge des Videos in Millisekunden
field-viewable-pct = Prozent im Bild

meaning = { $meaning } ({ $raw })
meaning-segment-3 = 18 bis 20
meaning-segment-4 = 21 bis 24
meaning-segment-5 = 25 bis 29
meaning-segment-6 = 30 bis 34
meaning-segment-7 = 35 bis 39
meaning-segment-8 = 40 bis 44
meaning-segment-9 = 45 bis 49
meaning-segment-10 = 50 bis 54
meaning-segment-11 = 55 bis 59
meaning-segment-12 = 60 bis 64
meaning-segment-13 = 65 bis 69
meaning-segment-14 = 70 bis 74
meaning-segment-15 = 75 und älter
meaning-segment-49 = weiblich
meaning-segment-50 = männlich
meaning-segment-51 = divers
meaning-device-devicetype-1 = Telefon oder Tablet
meaning-device-devicetype-2 = Computer
meaning-device-devicetype-3 = Smart-TV
meaning-device-devicetype-4 = Telefon
meaning-device-devicetype-5 = Tablet
meaning-device-devicetype-6 = verbundenes Gerät
meaning-device-devicetype-7 = Set-Top-Box
meaning-device-devicetype-8 = öffentlicher Bildschirm
meaning-device-connectiontype-0 = unbekannt
meaning-device-connectiontype-1 = Kabel
meaning-device-connectiontype-2 = WLAN
meaning-device-connectiontype-3 = Mobilfunk
meaning-device-connectiontype-4 = Mobilfunk, 2G
meaning-device-connectiontype-5 = Mobilfunk, 3G
meaning-device-connectiontype-6 = Mobilfunk, 4G
meaning-device-connectiontype-7 = Mobilfunk, 5G
meaning-no = nein
meaning-yes = ja
meaning-device-ext-atts-0 = noch nicht gefragt
meaning-device-ext-atts-1 = kann nicht gefragt werden
meaning-device-ext-atts-2 = abgelehnt
meaning-device-ext-atts-3 = erteilt
meaning-device-geo-type-1 = Standortdienst
meaning-device-geo-type-2 = Internetadresse
meaning-device-geo-type-3 = Ihre Angabe
meaning-ifa-type-idfa = Apple-Werbe-ID
meaning-ifa-type-aaid = Android-Werbe-ID

## /partners

partners-title = Partner
partners-heading = Partner, die Daten über Sie bekommen dürfen
partners-lead = Diese Liste ist, was das Gateway durchsetzt: Ein Partner, der nicht darauf steht, bekommt nichts, und eine Art von Daten, die hier nicht genannt ist, geht nicht hinaus.
partners-edition = Diese Ausgabe
partners-updated = Zuletzt aktualisiert
partners-number = Ausgabe
partners-fingerprint = Fingerabdruck (SHA-256)
partners-json = <json>Diese Ausgabe als JSON</json>
partners-under = Vom Schalter erfasst
partners-under-text = „{ $setting }“ <settings>in Ihren Einstellungen</settings> entscheidet, ob diese Partner unter diesen Vereinbarungen etwas über Sie bekommen. Ihren Namen, Ihre E-Mail-Adresse, Ihre Telefonnummer oder Ihren Nutzernamen bekommen sie nie, und was sie bekommen, dürfen sie mit Ihnen oder mit anderen Daten, an denen man Sie erkennt, nur verknüpfen, wenn Sie dem bei ihnen vorher zugestimmt haben.
partners-beyond = Vom Schalter nicht erfasst
partners-beyond-text = Für die Vereinbarungen unten gilt der Schalter nicht, auch wo der Partner derselbe ist wie oben. Sie stehen hier, damit Sie von ihnen wissen.
partners-bidding = Wenn Platz für eine Anzeige ist, kann { $platform } diese Partner nach Geboten fragen. Über die Systeme der Partner entscheiden Werbetreibende in Sekundenbruchteilen, ob sie den Platz kaufen und welche Anzeige sie zeigen. Damit sie wählen können, darf eine Anfrage Ihr Gerät beschreiben: zum Beispiel, dass eine bestimmte Gerätekennung zu einem Mann zwischen 25 und 34 gehört.
partners-tracking = Diese Partner messen für Werbetreibende, ob eine Anzeige gewirkt hat. Sie dürfen erfahren, welche Anzeigen Ihr Gerät oder Ihr Browser gesehen, angeschaut oder sonst genutzt hat. Wird auf demselben Gerät später die beworbene App installiert, kann der Partner dem Werbetreibenden sagen, dass die Anzeige gewirkt hat.
partners-service = Diese Unternehmen arbeiten für { $platform }, auf Weisung, und dürfen die Daten für nichts Eigenes verwenden.
partners-other = Vereinbarungen anderer Art, jede für sich beschrieben.
partners-suspended = Ausgesetzt: bekommt nichts
partners-company = Unternehmen
partners-data = Daten
partners-data-none = Nichts über dieses Gateway
partners-device-per-partner = { $data }, so geschrieben, dass kein anderer Partner sie zuordnen kann
partners-device-raw = { $data }, so wie das Gerät sie angibt
partners-lists = Listen
partners-lists-text = Er darf Sie auf diese setzen und bekommt sie, solange „Werbung personalisieren“ eingeschaltet ist, mit den Daten über Sie zurück, die er bekommen darf. Ihre sehen und entfernen Sie <data>in Ihren Daten</data>.
partners-purposes = Verwendet für
partners-role = Rolle
partners-role-controller = Verantwortlicher: entscheidet innerhalb dieser Vereinbarung selbst, wie er die Daten verwendet
partners-role-processor = Auftragsverarbeiter: verwendet die Daten für { $platform } und auf Weisung
partners-kept = Aufbewahrt für
partners-days = { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
}
partners-countries = Länder
partners-in-force = In Kraft
partners-since = seit { $start }
partners-from-until = vom { $start } bis zum { $last }
partners-linking = Verknüpfen mit Ihnen
partners-linking-text = Nur mit Ihrer Einwilligung, die Sie diesem Partner vorher gegeben haben. Das hat er am { $signed } schriftlich zugesagt; ohne neue Zusage bekommt er ab dem { $expires } nichts.
partners-privacy = Datenschutz
partners-privacy-link = <privacy>Datenschutzseite von { $partner }</privacy>
partners-contact = Kontakt
partners-original = Diese Texte sind das Original, in der Sprache, in der sie geschrieben wurden.
partners-none = Zurzeit gilt keine Vereinbarung dieser Art.
partners-creative = Was eine Anzeige selbst in Ihrem Browser oder Ihrer App lädt, kommt vom Werbetreibenden und geht nicht durch dieses Gateway.

## Laws that defaults rest on, in the order of the decision’s table.

law-us = Datenschutzgesetze der Bundesstaaten der USA: Recht, Verkauf und Weitergabe abzulehnen
law-au = Datenschutzgesetz von 1988 (Australien), australischer Datenschutzgrundsatz 7: Recht, Direktwerbung abzulehnen
law-nz = Datenschutzgesetz von 2020 (Neuseeland): Zweck wird bei der Erhebung genannt
law-mx = Bundesgesetz über personenbezogene Daten im Besitz Privater (Mexiko): Recht auf Widerspruch
law-br = Allgemeines Datenschutzgesetz (Brasilien, Gesetz 13.709/2018), Artikel 7: zuerst Einwilligung
law-ca = Gesetz über den Schutz personenbezogener Informationen und elektronische Dokumente (Kanada), Grundsatz 4.3: Einwilligung
law-cn = Gesetz zum Schutz personenbezogener Informationen (China), Artikel 23: gesonderte Einwilligung in die Weitergabe
law-in = Gesetz zum Schutz digitaler personenbezogener Daten von 2023 (Indien), Abschnitt 6: Einwilligung
law-kr = Gesetz zum Schutz personenbezogener Informationen (Korea), Artikel 17: Einwilligung in die Weitergabe
law-za = Gesetz zum Schutz personenbezogener Informationen (Südafrika), Abschnitt 69: Einwilligung
law-europe = Datenschutz-Grundverordnung, Artikel 6: zuerst Einwilligung
law-outermost = Datenschutz-Grundverordnung, Artikel 6, und AEUV, Artikel 355 Absatz 1: zuerst Einwilligung
law-ax = Datenschutz-Grundverordnung, Artikel 6, und AEUV, Artikel 355 Absatz 4: zuerst Einwilligung
law-sj = Gesetz über personenbezogene Daten (Norwegen), behandelt wie die europäische Verordnung
law-gb = Datenschutz-Grundverordnung des Vereinigten Königreichs, Artikel 6: zuerst Einwilligung
law-ch = Bundesgesetz über den Datenschutz (Schweiz), behandelt wie die europäische Verordnung
law-gi = Datenschutz-Grundverordnung von Gibraltar, Artikel 6: zuerst Einwilligung
law-gg = Datenschutzgesetz von 2017 (Vogtei Guernsey), behandelt wie die europäische Verordnung
law-im = Verordnung von 2018 über die Anwendung der DSGVO (Insel Man), Artikel 6: zuerst Einwilligung
law-je = Datenschutzgesetz von 2018 (Jersey), behandelt wie die europäische Verordnung
law-none = keine Regel für dieses Land verzeichnet: Es gilt die strengste Voreinstellung
