# The pages that are open to everyone, and signing in. The rest stands in de.ftl.

partners-past-title = Partner, Ausgabe { $number }
partners-past = <strong>Das ist die Ausgabe { $number }, wie sie veröffentlicht wurde. Sie gilt nicht mehr.</strong>
partners-past-links = <now>Die geltende Liste</now> · <changes>Was sich seither geändert hat</changes>
partners-seen = <strong>Die Liste hat sich geändert, seit Sie zuletzt hier waren.</strong> Sie sahen die Ausgabe { $seen }; das ist die Ausgabe { $number }.
partners-seen-link = <changes>Was sich geändert hat</changes>
partners-before = <changes>was sich damit änderte</changes>
partners-all = <all>alle Ausgaben</all>
partners-permanent = Bleibender Link
partners-fingerprint-note = jeder Eintrag über Gesendetes nennt ihn
partners-share = <mail>Per E-Mail teilen</mail>
partners-share-subject = Weitergabe von Daten an Geschäftspartner
partners-follow = <feed>Änderungen verfolgen (Atom)</feed>
partners-contents = Auf dieser Seite
partners-outside-mark = außerhalb der Einstellung
partners-setting = Was die Einstellung bewirkt
partners-takes-effect = { $seconds ->
    [one] Ausgeschaltet bekommen sie unter diesen Vereinbarungen nichts über Sie; eine Änderung gilt überall innerhalb von { $seconds } Sekunde.
   *[other] Ausgeschaltet bekommen sie unter diesen Vereinbarungen nichts über Sie; eine Änderung gilt überall innerhalb von { $seconds } Sekunden.
 }
partners-only = Die Einstellung gilt für die Arten von Partnerschaften und die Partner, die unter ihr stehen, und für nichts sonst: nicht für Unternehmen, die für { $platform } arbeiten, und nicht für andere Vereinbarungen mit denselben Partnern. Auch diese stehen hier, weiter unten.
partners-personalize = „Werbung personalisieren“ ist eine eigene Einstellung: Sie entscheidet, ob Anzeigen danach ausgewählt werden dürfen, was Partner über Sie sagen und was Sie außerhalb von { $platform } tun. Geschlecht und Altersgruppe, die mitgeteilt werden dürfen, stehen in <data>Ihren Daten</data>; dort können Sie sie berichtigen oder entfernen, und Partner erhalten von da an den berichtigten Wert.
partners-when-off = Solange nichts geteilt wird
partners-when-off-skip = Er wird gar nicht gefragt
partners-when-off-contextual = Er kann nach einer Anzeige gefragt werden, die zur Seite passt, ohne etwas über Sie
partners-vendor = Einwilligungsrahmen
partners-vendor-id = Anbieter { $id } im Rahmenwerk von IAB Europe
partners-company-value = { $company }, { $country }
partners-sellers = Wer die Werbeplätze verkauft
partners-sellers-text = { $name } ({ $domain }) verkauft über dieses Gateway die eigenen Werbeplätze, und sonst niemand. Jede Gebotsanfrage sagt das. <sellers>sellers.json</sellers> · <ads>ads.txt</ads>
partners-opinion = War diese Seite hilfreich?
partners-opinion-question = Hat sie gesagt, was Sie wissen wollten?
partners-yes = Ja
partners-no = Nein
partners-remark = Was könnte besser sein? (freiwillig)
partners-remark-hint = Bis zu 1.000 Zeichen. Wer Sie sind, wird nicht festgehalten: Bitte lassen Sie Namen und Kontaktdaten weg.
partners-send = Senden
partners-thanks = Danke. Es wurde für die Ausgabe { $number } gezählt.
partners-thanks-read = Danke. Es wurde für die Ausgabe { $number } gezählt, und wer diese Liste führt, liest, was Sie geschrieben haben.
partners-cookie = Damit diese Seite sagen kann, was neu ist, hält ein Cookie dieses Browsers 400 Tage lang die Nummer der Ausgabe fest, die Sie zuletzt sahen, und sonst nichts.
partners-effectiveness = Wirkt der Schalter? <figures>Die Zahlen der letzten 30 Tage</figures>
editions-title = Ausgaben
editions-heading = Alle Ausgaben der Partnerliste
editions-lead = Jede Änderung ergibt eine neue Ausgabe. Keine wird je verändert oder entfernt, sodass sich nachsehen lässt, was zu jeder Zeit galt.
editions-one = Ausgabe { $number }
editions-in-force = gilt
editions-changes = <changes>was sich änderte<hidden> mit Ausgabe { $number }</hidden></changes>
editions-links = <now>Die geltende Liste</now> · <feed>Änderungen verfolgen (Atom)</feed> · <json>Ausgaben als JSON</json>
changes-heading = Was sich von Ausgabe { $from } zu Ausgabe { $to } änderte
changes-lead = Vom { $start } bis zum { $end }, in allem, was die Seite der Partner zeigt.
changes-same = Das ist ein und dieselbe Ausgabe.
changes-hidden = Nichts von dem, was die Seite zeigt, hat sich geändert. Die Ausgaben unterscheiden sich in dem, was nicht Sie betrifft, etwa in Adressen von Servern der Partner oder Namen von Werbeplätzen.
changes-new = Neu
changes-gone = Nicht mehr aufgeführt: bekommt nichts mehr
changes-changed = Geändert
changes-kind = Art
changes-controlled = { $kind }, unter der Einstellung zum Teilen
changes-uncontrolled = { $kind }, außerhalb der Einstellung zum Teilen
changes-was = Nicht mehr
changes-partner = Name des Partners
changes-title = Überschrift
changes-summary = Beschreibung
changes-suspended = Ausgesetzt: bekommt nichts
changes-resumed = Nicht mehr ausgesetzt
changes-others = Andere vergleichen
changes-from = Von Ausgabe
changes-to = zu Ausgabe
changes-option = { $number }, { $day }
changes-compare = Vergleichen
changes-links = <all>Alle Ausgaben</all> · <now>Die geltende Liste</now> · <json>Diese Änderungen als JSON</json>
feed-first = Die erste Ausgabe.
signed-out = Sie sind hier abgemeldet
signed-out-text = Niemand, der nach Ihnen diesen Browser benutzt, sieht Ihre Einstellungen: Wer als Nächstes kommt, muss sich bei { $platform } neu anmelden, mit einem Passwort oder wie es dort verlangt wird.
signed-out-elsewhere = Im Rest von { $platform } können Sie noch angemeldet sein.
signed-out-there = Auch bei { $platform } abmelden
refusal-provider = Die Anmeldung ist gerade nicht möglich
refusal-provider-text = Die Anmeldung von { $platform } antwortet nicht, wie sie muss. Es wurde nichts geändert. Bitte versuchen Sie es in einigen Minuten noch einmal.
refusal-arrival = Sie wurden nicht angemeldet
refusal-arrival-text = Eine Anmeldung gilt einmal, zehn Minuten lang und nur in dem Browser, in dem sie begann. Diese begann anderswo, dauerte zu lange oder wurde abgelehnt.
refusal-opinion-text = Es wurde nichts gesendet. Wir nehmen ein Formular nur von unserer eigenen Seite an, einen Tag lang. Bitte laden Sie <partners>die Liste der Partner</partners> neu und versuchen Sie es noch einmal.
refusal-too-many = Das war zu schnell
refusal-too-many-text = { $seconds ->
    [one] Von Ihrem Anschluss kam in kurzer Zeit mehr, als ein Mensch liest oder sendet. Es wurde nichts geändert. Bitte warten Sie { $seconds } Sekunde und versuchen Sie es noch einmal.
   *[other] Von Ihrem Anschluss kam in kurzer Zeit mehr, als ein Mensch liest oder sendet. Es wurde nichts geändert. Bitte warten Sie { $seconds } Sekunden und versuchen Sie es noch einmal.
 }
refusal-no-such-edition = Diese Ausgabe gibt es nicht
refusal-no-such-edition-text = Ausgaben werden von 1 an gezählt, und keine wird je entfernt. <editions>Alle Ausgaben</editions>
