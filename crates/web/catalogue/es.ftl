# Lo que dicen las páginas en español. Los mismos mensajes que en en.ftl, con las mismas variables y etiquetas.

## Alrededor de cada página.

skip = Ir al contenido
brand = { $platform } <soft>y tus datos</soft>
pages = Páginas
sign-out = Cerrar sesión
place-settings = Configuración
place-data = Tus datos
place-shared = Qué se compartió
place-history = Historial
place-partners = Socios
place-device = Este navegador
language = Idioma
footer = Estas páginas funcionan sin scripts y no cargan nada de nadie más. Sin scripts, todas las horas están en UTC.
clock = { $time } UTC
day-and-clock = { $day }, { $time } UTC
name = { $name }

## Los ajustes y su estado.

setting-sharing = Compartir tus datos con los socios comerciales de { $platform }
setting-personalize-ads = Personalizar los anuncios
state-sharing-on = Compartir está activado
state-sharing-off = Compartir está desactivado
state-personalize-ads-on = Los anuncios personalizados están activados
state-personalize-ads-off = Los anuncios personalizados están desactivados
state-unchosen = Aún sin elegir
turn-sharing-on = Activar compartir
turn-sharing-off = Desactivar compartir
turn-personalize-ads-on = Activar los anuncios personalizados
turn-personalize-ads-off = Desactivar los anuncios personalizados
meaning-sharing-on = Los socios de pujas en tiempo real y de seguimiento de conversiones reciben los datos que la lista de socios indica para cada uno.
meaning-sharing-off = Con estos acuerdos no reciben nada sobre ti ni sobre tus dispositivos. Seguirás viendo anuncios; a un socio se le puede pedir uno que solo encaje con la página.
meaning-personalize-ads-on = Los socios que pujan pueden reconocer tu dispositivo y pueden recibir lo que { $platform } supo de ti por sus socios y por tu actividad en otros sitios.
meaning-personalize-ads-off = No reciben ni lo uno ni lo otro. Qué anuncios vio tu dispositivo se puede seguir midiendo mientras compartir esté activado.
on = Sí
off = No

## /settings

settings-title = Tu configuración
settings-heading = Personalización y datos
settings-lead = Mientras compartir está activado, { $platform } comunica a <partners>{ $who }</partners> lo siguiente: { $data }. No cada uno lo recibe todo: la lista dice quién recibe qué. Tu nombre, tu correo electrónico, tu número de teléfono y tu nombre de usuario nunca se les envían.
settings-lead-nothing = Ahora mismo ningún <partners>socio</partners> recibe datos sobre ti. Tu nombre, tu correo electrónico, tu número de teléfono y tu nombre de usuario nunca se envían a ninguno.
outgoing-bidding = { $partners ->
    [one] { $partners } socio de pujas en tiempo real
   *[other] { $partners } socios de pujas en tiempo real
}
outgoing-tracking = { $partners ->
    [one] { $partners } socio de seguimiento de conversiones
   *[other] { $partners } socios de seguimiento de conversiones
}
saved-state = <strong>{ $state }.</strong> Guardado a las { $saved }.
effect-since = En vigor en todas partes desde las { $since }.
effect-by = En vigor en todas partes a las { $by } como muy tarde. Esta página lo dirá en cuanto sea así; sin scripts, vuelve a cargarla.
gpc-honoured = <strong>Tu navegador pide que no se comparta (Global Privacy Control): aquí se respeta.</strong>
gpc-meaning = Lo que llega de este navegador con esa señal no comparte nada sobre ti, tampoco mientras compartir está activado.
gpc-elsewhere = Tus otros dispositivos y navegadores siguen el interruptor de abajo.
gpc-question = <strong>Tu navegador pide que no se comparta y tu interruptor está activado.</strong> En este navegador cuenta la señal, elijas lo que elijas. ¿Qué debe valer en tus otros dispositivos y navegadores?
gpc-question-once = Lo preguntamos una sola vez y anotamos tu respuesta en tu <history>historial</history>.
gpc-turn-off = Desactivar compartir en todas partes
gpc-keep-on = Seguir compartiendo en los demás
stale = <strong>Este punto de envío no puede confirmar ahora las últimas elecciones.</strong> Hasta que pueda, no envía nada sobre nadie.
chosen-person = Lo elegiste tú: { $when }.
chosen-gpc = Lo eligió tu navegador (Global Privacy Control): { $when }.
chosen-operator = Lo fijó { $platform }: { $when }.
chosen-law = Lo fijó una obligación legal: { $when }.
chosen-undated = Esto se eligió.
default-country = Aún sin elegir: es el valor por defecto de este país: { $country }. Donde rige una norma más estricta, cuenta la más estricta.
default-unknown = Aún sin elegir: { $platform } no sabe en qué país estás, así que rige el valor por defecto más estricto.
default-law = Se basa en: { $law }.
effect-heading = Cuándo surte efecto un cambio
effect-within = { $seconds ->
    [one] Un cambio está en vigor en todas partes en { $seconds } segundo. Mientras un punto de envío no lo tiene, no envía nada.
   *[other] Un cambio está en vigor en todas partes en { $seconds } segundos. Mientras un punto de envío no lo tiene, no envía nada.
}
effect-bills = Después de «No», un anuncio que ya había ganado aún se puede facturar; ese mensaje no dice nada sobre ti.
reach-heading = Dónde vale tu elección
reach-linked = Para tu cuenta y para { $linked } que usas con ella. «No» los cierra para todas las personas que los usan. «Sí» solo abre lo que nadie más ha cerrado.
reach-account = Para tu cuenta, la uses donde la uses. Ahora no hay ningún dispositivo ni navegador vinculado a ella.
reach-browser = Lo que eliges <device>solo para este navegador</device> vale también sin sesión iniciada.
linked-devices = { $count ->
    [one] { $count } dispositivo
   *[other] { $count } dispositivos
}
linked-browsers = { $count ->
    [one] { $count } navegador
   *[other] { $count } navegadores
}
before-heading = Qué salió antes
before-text = Un cambio vale desde ahora. Lo que los socios recibieron antes está en <shared>qué se compartió</shared>, con los valores reales.
before-forget = Cuando desactivas compartir, a los socios que recibieron algo sobre ti con este ajuste también se les pide que lo olviden, siempre que acepten esos mensajes.
before-recalled = Socios a los que se pide olvidar o corregir lo que recibieron:
recalled-damaged = Ahora no se puede leer hasta dónde han llegado los socios con lo que se les pide olvidar o corregir.
scope-heading = Qué no cubren estos ajustes
scope-text = Las empresas que trabajan para { $platform } siguiendo sus instrucciones (proveedores de servicios) y otros acuerdos, también con los mismos socios. Todos están en <partners>la lista de socios</partners>, y lo que se les envió está en <shared>qué se compartió</shared>.

## /device

device-title-browser = Este navegador
device-title-device = Este dispositivo
device-lead-browser = Para esto no necesitas una cuenta: los interruptores de abajo valen para este navegador, lo use quien lo use.
device-lead-device = Para esto no necesitas una cuenta: los interruptores de abajo valen para este dispositivo, lo use quien lo use.
device-cookie = Tu elección se guarda con un número en una cookie de este navegador. Antes de que elijas no hay ningún número, y borrar la cookie borra la elección.
device-visit = Quien use este navegador puede ver y cambiar estas opciones hasta que salgas de la página: doce horas como máximo, y dos horas si no se hace nada.
device-leave = Salir de la página de este dispositivo
device-signing-in-heading = Qué cambia al iniciar sesión
device-signing-in-both = Nada queda menos protegido: al iniciar sesión cuentan también los interruptores de tu cuenta, y gana el más protector.
device-signing-in-account = Los interruptores de tu cuenta valen donde la uses; los de aquí solo valen aquí.
device-signing-in-records = Con la sesión iniciada ves también los datos de tu cuenta y qué se compartió de ella. Esta página muestra solo lo que salió sin cuenta.
device-sign-in = Iniciar sesión en { $platform }
device-closed-sharing = Compartir está cerrado también aquí porque lo desactivó una cuenta que se usa aquí. Lo que elijas abajo no lo abre.
device-closed-personalize-ads = Los anuncios personalizados están cerrados también aquí porque los desactivó una cuenta que se usa aquí. Lo que elijas abajo no los abre.
device-closed-chosen = Elegido solo aquí: sí
device-closed-own = Solo aquí se eligió «sí», lo que no abre nada.
device-closed-unchosen = Lo desactivó una cuenta que se usa aquí. Solo para aquí no se eligió nada.
device-default = Hasta que alguien elija, rige el valor por defecto del país en el que estás. Si { $platform } no lo conoce, es «No».
device-scope = Las empresas que trabajan para { $platform } siguiendo sus instrucciones (proveedores de servicios) y otros acuerdos, también con los mismos socios. Todos están en <partners>la lista de socios</partners>.
device-records = Qué salió sin cuenta
device-records-text = Qué datos sobre este navegador o dispositivo fueron a quién, y qué se retuvo: <shared>qué se compartió</shared>. Cada cambio de los interruptores: <history>historial</history>.
device-nothing-yet = No se guarda nada sobre este navegador: aquí nadie ha elegido nada.

## /settings/data

data-title = Tus datos
data-heading = Tus datos en { $platform }
data-lead = Lo que { $platform } guarda sobre ti para los anuncios, de dónde viene cada valor y quién puede recibirlo. Lo que corriges, desactivas o eliminas aquí vale desde ese momento.
data-saved = <strong>Guardado a las { $saved }.</strong> En vigor desde entonces en todos los puntos de envío: los socios reciben el valor nuevo desde el próximo mensaje.
data-age-unknown = <strong>{ $platform } no sabe si tienes 18 años o más.</strong> Hasta que lo sepa, ni tu género ni tu franja de edad van a ningún socio.
data-under-18 = <strong>Por lo que sabe { $platform }, tienes menos de 18 años.</strong> Ni tu género, ni tu franja de edad, ni un identificador de tu dispositivo van a ningún socio. Una corrección en esta página no cambia eso.
data-child = <strong>Por lo que sabe { $platform }, según la ley de tu país eres demasiado joven.</strong> Nada sobre ti va a ningún socio. Una corrección en esta página no cambia eso.
attribute-gender = Género
attribute-age-band = Franja de edad
attribute-languages = Idiomas
attribute-interests = Intereses
in-use = En uso
held = Sin usar por la edad
unknown = Desconocido
disabled = Sin usar
removed = Eliminado
data-nothing = { $platform } no tiene ningún valor y ningún socio recibe uno.
data-disabled = Pediste a { $platform } que no use esto. Ningún socio lo recibe.
data-removed = Hiciste eliminar esto. Ningún socio lo recibe, y lo que otros digan desde ahora no se guarda.
data-source = Fuente: { $source }.
data-source-since = Fuente: { $source }, { $since }.
data-source-sure = Fuente: { $source } (certeza del { $percent } %).
data-source-sure-since = Fuente: { $source }, { $since } (certeza del { $percent } %).
data-on-file = Todos los valores guardados
data-first-counts = Cuenta el primero. Lo que dices tú va antes que todo lo demás.
data-you-first = Lo que dices tú va antes que todo lo demás.
data-candidate = { $value }: { $source }
data-candidate-since = { $value }: { $source }, { $since }
data-candidate-sure = { $value }: { $source } (certeza del { $percent } %)
data-candidate-sure-since = { $value }: { $source }, { $since } (certeza del { $percent } %)
data-correct-what = <hidden>{ $what }: </hidden>Corregir a
data-choose = Elige
data-save = Guardar<hidden>: { $what }</hidden>
data-disable = No usar esto<hidden>: { $what }</hidden>
data-enable = Volver a usarlo<hidden>: { $what }</hidden>
data-remove = Eliminar<hidden>: { $what }</hidden>
data-receivers-none = Ningún acuerdo en vigor incluye esto.
data-receivers = Quién puede recibirlo, mientras tus ajustes y todas las reglas lo permitan:
data-receiver = <partnership>{ $partner }: { $title }</partnership>
data-receiver-outside = <partnership>{ $partner }: { $title }</partnership> (fuera del ajuste de compartir)
data-platform-only = Esto solo lo usa { $platform }. Ningún socio lo recibe.
data-nothing-known = { $platform } no ha anotado nada.
data-export-heading = Llévatelo
data-export-text = Todo lo de esta página, con lo que desactivaste o eliminaste marcado como tal: <json>tus datos en JSON</json>.
data-export-receipt = Qué elegiste, cuándo y con qué palabras, y qué recibió cada socio: <receipt>tu recibo de consentimiento</receipt> (JSON-LD, ISO/IEC TS 27560).
source-declared = lo dijiste tú
source-own = lo corregiste aquí
source-inferred = { $platform } lo dedujo de lo que pasa en { $platform }
source-partner = lo dijo un socio
source-off-platform = deducido de tu actividad fuera de { $platform }
since-day = desde el { $day }
gender-female = Femenino
gender-male = Masculino
gender-other = Otro
age-band-18-24 = De 18 a 24
age-band-25-34 = De 25 a 34
age-band-35-44 = De 35 a 44
age-band-45-54 = De 45 a 54
age-band-55-64 = De 55 a 64
age-band-65 = 65 o más

elsewhere-heading = Qué dicen otros de ti
elsewhere-open = «Personalizar los anuncios», <settings>en tu configuración</settings>, decide si se guarda algo de esto. Está activado. Cuando lo desactivas, todo esto se borra y lo que otros envíen desde entonces se descarta.
elsewhere-off = «Personalizar los anuncios», <settings>en tu configuración</settings>, decide si se guarda algo de esto. Está desactivado: no se guarda nada y lo que otros envían se descarta. Si lo activas más tarde, solo cuenta lo que envíen desde entonces.
elsewhere-age = «Personalizar los anuncios», <settings>en tu configuración</settings>, decide si se guarda algo de esto. Como a { $platform } no le consta que tengas 18 años o más, no se guarda nada en ningún caso.
lists-heading = Listas en las que te pusieron socios y anunciantes
lists-none = No estás en ninguna lista.
lists-lead = Una lista vuelve al socio que la hizo, cuando se le puede pedir una puja y puede reconocerte, y al servidor de anuncios de { $platform }. No va a ningún otro socio, y no se usa mientras haya en ella tan pocas personas que te señale a ti.
list-by = Te puso <partnership>{ $partner }</partnership>.
list-by-for = Te puso <partnership>{ $partner }</partnership>, para { $advertiser }.
list-dates = Desde el { $since }, hasta el { $until } como máximo.
list-remove = Quitarme<hidden> de la lista { $list }</hidden>
list-unknown = Una lista que ya no se puede usar
activity-heading = Actividad fuera de { $platform }
activity-none = Ningún anunciante dijo qué hiciste en su sitio o en su aplicación.
activity-lead = Lo que los sitios y las aplicaciones de estos anunciantes dijeron que hiciste allí. El servidor de anuncios de { $platform } puede usarlo; ningún socio lo recibe.
activity-done = { $what }, por última vez el { $last }
activity-until = Se guarda hasta el { $until } como máximo.
activity-remove = Eliminar<hidden> la actividad con { $advertiser }</hidden>
activity-visit = Visitaste su sitio
activity-view-product = Miraste algo que vende
activity-add-to-cart = Pusiste algo en el carrito
activity-sign-up = Te registraste
activity-purchase = Compraste algo
activity-open-app = Abriste su aplicación
everything = Todo lo anterior
everything-text = Te quita de todas las listas de arriba y elimina toda la actividad de arriba.
everything-remove = Eliminarlo todo
removed-heading = Eliminado por ti
removed-text = No se te vuelve a poner en estas, envíen lo que envíen.
removed-list = { $list } ({ $partner })
removed-activity = Actividad con { $advertiser }

## /settings/shared y /device/shared

shared-title = Qué se compartió
shared-lead = Todo lo que sobre tu cuenta salió de { $platform } hacia un socio, o pudo haber salido, con los valores reales, y qué se retuvo y por qué.
shared-lead-browser = Lo que sobre este navegador salió de { $platform } sin una cuenta, o pudo haber salido, con los valores reales, y qué se retuvo y por qué.
shared-lead-device = Lo que sobre este dispositivo salió de { $platform } sin una cuenta, o pudo haber salido, con los valores reales, y qué se retuvo y por qué.
shared-notes = Cómo leer esto
shared-before = Cada mensaje se anota aquí antes de enviarse, así que se cuenta también el que luego no llegó.
shared-bills = A un socio cuyo anuncio se mostró se le comunica, con el precio, para que pague. Ese aviso de cobro no dice nada sobre ti; se registra como cobro y no aparece aquí. Sale también si entre tanto desactivaste compartir.
shared-filter = Qué periodo y qué socio
range = Periodo
range-today = Hoy
range-7-days = 7 días
range-30-days = 30 días
range-month = { $month }
partner = Socio
partner-all = Todos los socios
show = Mostrar
show-what = Qué
show-everything = Todo
show-told = Solo lo compartido
show-withheld = Solo lo retenido
shared-from = Desde el { $from } hasta ahora.
shared-from-until = Desde el { $from } hasta el { $until }.
shared-months = Mes a mes
shared-download = Descargar esto: <json>JSON</json>, <csv>CSV</csv>
shared-summary = { $messages ->
    [0] En este periodo no salió nada sobre ti hacia un socio sujeto al ajuste de compartir.
    [one] En este periodo salió, o pudo haber salido, { $messages } mensaje con datos sobre ti hacia un socio sujeto al ajuste de compartir.
   *[other] En este periodo salieron, o pudieron haber salido, { $messages } mensajes con datos sobre ti hacia socios sujetos al ajuste de compartir.
}
shared-summary-only = { $messages ->
    [0] En este periodo no salió nada sobre ti con este acuerdo.
    [one] En este periodo salió, o pudo haber salido, { $messages } mensaje con datos sobre ti con este acuerdo.
   *[other] En este periodo salieron, o pudieron haber salido, { $messages } mensajes con datos sobre ti con este acuerdo.
}
shared-held = { $times ->
    [0] No hubo que retener nada.
    [one] Se retuvo algo { $times } vez.
   *[other] Se retuvo algo { $times } veces.
}
shared-only = Solo se muestra este acuerdo: { $arrangement }.
shared-only-told = Solo se muestra lo que se compartió, no lo que se retuvo.
shared-only-withheld = Solo se muestra lo que se retuvo, no lo que se compartió.
shared-unfiltered = <all>Mostrar todo</all>
shared-kept = { $days ->
    [one] Este registro se conserva como mínimo { $days } día. Lo anterior puede faltar aquí.
   *[other] Este registro se conserva como mínimo { $days } días. Lo anterior puede faltar aquí.
}
shared-under = Sujeto al ajuste de compartir
shared-outside = Fuera del ajuste de compartir
shared-outside-lead = Proveedores de servicios y otros acuerdos. El interruptor no los rige, tampoco cuando el socio es el mismo.
shared-nothing = En este periodo no se compartió nada ni hubo que retener nada: ninguna oportunidad de anuncio tuya llegó a estos socios.
shared-nothing-outside = En este periodo no salió, ni pudo haber salido, nada sobre ti con un acuerdo así.
shared-no-told = En este periodo no salió aquí, ni pudo haber salido, nada sobre ti.
shared-no-withheld = En este periodo no hubo que retener nada aquí.
shared-was-sent = Qué se envió, o pudo haberse enviado
shared-nothing-about-you = Nada sobre ti.
shared-no-more = No hay más en esta página: todo está en las páginas anteriores.
shared-times = { $times ->
    [one] { $what }: { $times } vez.
   *[other] { $what }: { $times } veces.
}
shared-first-last = Primera vez: { $first }; última: { $last }; según { $edition }
shared-once = { $first }, según { $edition }
shared-said-nothing = No decía nada sobre ti ni sobre tu dispositivo.
shared-damaged = Aquí falta algo de lo que se envió: se dañó donde se guarda.
shared-perhaps-damaged = Aquí puede faltar algo de lo que se envió: se dañaron registros donde se guardan.
shared-said-damaged = Lo que decía ya no se puede leer: se dañó donde se guarda.
shared-more = { $count } más, con otros valores
shared-left-out = Hay { $count } conjuntos de valores más. <more>Mostrar los siguientes</more> o descargarlo todo.
shared-first-page = <first>Volver a lo más reciente</first>
shared-held-back = Qué se retuvo, y por qué
shared-withheld = { $times ->
    [one] { $times } vez: { $why }
   *[other] { $times } veces: { $why }
}
shared-reasons = Una ocasión puede tener varias razones y entonces cuenta una vez por cada una.
edition-number = <edition>la edición { $number }</edition>
edition-earlier = una edición anterior ({ $hash }…)
kind-outside = Fuera del ajuste
kind-unlisted = Ya no está en la lista
title-unlisted = Un acuerdo que ya no está en la lista
path-bid-request = Se le pidió una puja por un anuncio
path-contextual-bid-request = Se le pidió una puja por un anuncio, sin datos sobre ti
path-win-notice = Se le comunicó que su anuncio ganó
path-billing-notice = Se le comunicó que su anuncio se mostró y hay que pagarlo
path-loss-notice = Se le comunicó que su anuncio no ganó
path-exposures = Se le comunicó qué anuncios vio tu dispositivo
path-touches = Se le comunicó tras qué anuncio se instaló una aplicación
path-recall = Se le pidió olvidar o corregir lo que recibió
path-deletion-request = Se le pidió borrar lo que tiene

recalled-heading = Retirado
recalled-lead = Cuando desactivas la opción de compartir o corriges tus datos, se avisa a cada socio que antes recibió algo sobre ti. El mensaje no nombra a nadie: enumera los números de los mensajes que recibió el socio, mezclados los de muchas personas.
recalled-asked = Se le pidió
recalled-forget = Olvidar lo que recibió antes de que lo desactivaras
recalled-correct = Dejar de usar los datos que corregiste
recalled-since = Desde
recalled-messages = Mensajes afectados
recalled-number = { $messages }
recalled-state = En qué punto está
recalled-done = Hecho: el socio lo confirmó el { $when }
recalled-sent = Enviado el { $when }; el socio aún no lo ha confirmado
recalled-waiting = Pendiente de envío
recalled-unreachable = No se puede retirar de este socio

next-heading = Qué diría el próximo mensaje
next-lead = Hecho ahora mismo con las mismas reglas que deciden sobre los mensajes reales, y sin enviarlo: lo que cada socio recibiría sobre ti si en este minuto hubiera un anuncio para él en { $where }.
next-device = Un mensaje real dice además lo que tu dispositivo diga de sí mismo en ese momento, en la medida en que pueda salir.
next-told = Recibiría:
next-id = se crea solo para este socio cuando se crea el mensaje
next-contextual = Se le preguntaría sin decirle nada sobre ti.
next-nothing = No recibiría nada.
next-none = Ningún acuerdo en vigor recibe datos a través de esta pasarela.
next-chip-told = Recibe datos sobre ti
next-chip-nothing = No recibe nada sobre ti
next-why = Qué se deja fuera, y por qué

## /settings/history y /device/history

history-title = Historial
history-heading = Historial de tus elecciones
history-lead = Cada cambio de tus ajustes y de tus datos: quién lo hizo, dónde, cuándo surtió efecto y qué palabras se mostraron.
history-damaged = Aquí falta una parte de tu historial: se dañó donde se guarda. Eso no ha cambiado nada de lo que está activado o desactivado.
history-unread = Ahora no se puede leer tu historial. Eso no ha cambiado nada de lo que está activado o desactivado.
history-none = Nunca se ha cambiado nada en tu cuenta. Rigen los valores por defecto que muestra <settings>tu configuración</settings>.
history-none-device = Aquí nunca se ha cambiado nada. Rigen los valores por defecto que muestran <settings>los interruptores</settings>.
history-changes = Cambios, primero los más recientes
history-at = { $when }
history-by = En vigor en todas partes a las { $by } como muy tarde.
history-not-kept = No se conserva cuánto tardó en estar en vigor en todas partes.
history-took = En vigor en todas partes { $seconds } segundos después.
history-took-at-once = En vigor en todas partes menos de un segundo después.
history-revision = Revisión { $version } de la parte { $shard }. El registro de cada mensaje nombra estos números, para que se pueda comprobar según qué elección se decidió.
history-proof = Para quien necesite una prueba
history-words = Entonces decía, en { $language }: «{ $words }»
history-words-only = Entonces decía: «{ $words }»
history-where-account = En tu cuenta
history-where-device = En este dispositivo
history-where-browser = En este navegador
history-by-you = Tú
history-by-gpc = Global Privacy Control
history-by-law = Obligación legal
history-by-account = Una cuenta usada aquí
history-closed = { $setting }: cerrado aquí por otra cuenta
history-lifted = { $setting }: ya no está cerrado por otra cuenta
history-linked-account = Se vinculó una cuenta con este navegador o dispositivo
history-linked-device = Se vinculó un dispositivo a tu cuenta
history-linked-browser = Se vinculó un navegador a tu cuenta
history-unlinked-account = Una cuenta ya no está vinculada con este navegador o dispositivo
history-unlinked-device = Un dispositivo ya no está vinculado a tu cuenta
history-unlinked-browser = Un navegador ya no está vinculado a tu cuenta
history-set = { $attribute }: corregido a «{ $value }»
history-disabled = { $attribute }: no usar
history-enabled = { $attribute }: volver a usar
history-removed = { $attribute }: eliminado
history-removed-list = Fuera de una lista
history-removed-activity = Eliminada la actividad fuera de { $platform } con un anunciante
history-removed-everything = Fuera de todas las listas y eliminada toda la actividad fuera de { $platform }
history-range = { $from } a { $to } de { $all }
history-older = <older>Cambios anteriores</older>
history-newer = <newer>Cambios posteriores</newer>

## Páginas en lugar de otra.

refusal-signed-out = Inicia sesión
refusal-signed-out-text = Tu configuración, tus datos y lo que se compartió solo los ves tú. Para verlos, abre «Personalización y datos» en { $platform } con la sesión iniciada allí; desde ahí vuelves aquí.
refusal-signed-out-visit = Una visita dura doce horas como máximo, y termina sola cuando no se hace nada durante dos horas. Si acababas de cambiar algo en esta página, no se guardó.
refusal-signed-out-device = También sin cuenta puedes elegir <device>solo para este navegador</device>.
signing-in = ¿Es tuyo este inicio de sesión?
signing-in-text = Un enlace quiere iniciar sesión en este navegador con una cuenta de { $platform }. Continúa solo si acabas de pedirlo tú. Si alguien te envió el enlace, puede ser de otra cuenta: lo que desactives allí no vale para ti.
signing-in-go-on = Sí, iniciar sesión
signing-in-leave = Si no es tuyo, sal de esta página. No ha cambiado nada.
refusal-link = Este enlace no funciona
refusal-link-text = Un enlace a estas páginas vale una vez y durante poco tiempo. Este ya se usó, ha caducado o no está completo.
refusal-link-again = Vuelve a abrir «Personalización y datos» en { $platform } para tener un enlace nuevo.
refusal-form = No se pudo comprobar este formulario
refusal-form-text = No se cambió nada. Solo aceptamos un formulario de una página que hicimos para ti en esta visita, para que ningún otro sitio pueda cambiar tu configuración.
refusal-content = No se pudo leer este formulario
refusal-content-text = No se cambió nada. Lo que llegó no es algo que ofrezcan estas páginas.
refusal-back = Vuelve <back>a donde estabas</back> e inténtalo otra vez.
refusal-no-edition = No hay socios en vigor
refusal-no-edition-text = Ahora mismo no hay ninguna lista de socios publicada. Mientras no la haya, no se envía nada sobre nadie a ningún socio.
refusal-failed = No ha funcionado
refusal-failed-text = Algo falló por nuestra parte. Si estabas cambiando algo, puede que no se haya guardado: mira <back>la página</back> e inténtalo otra vez.
refusal-filter = Esto no se puede mostrar
refusal-filter-text = La dirección pide un periodo, un socio o un tipo de registro que no existe. No se muestra nada en su lugar, para que nada parezca no haber ocurrido. <back>Mostrar todo lo de los últimos 7 días</back>.
refusal-no-such-page = No existe esta página
refusal-no-such-page-text = No hay nada en esta dirección. Puede que esté mal escrita o que el enlace no sea correcto. Los enlaces de arriba llevan a nuestras páginas.
refusal-method = Esta dirección no muestra nada
refusal-method-text = No se pidió de la manera en que se puede pedir: por ejemplo, solo acepta lo que envía un botón de nuestras páginas. No se cambió nada. <back>A la página</back>.
refusal-partners = La <partners>lista de socios</partners> está abierta a todo el mundo.

## Tipos de acuerdos y de datos.

kind-real-time-bidding = Pujas en tiempo real
kind-conversion-tracking = Seguimiento de conversiones
kind-service-provider = Proveedores de servicios
kind-other = Otros acuerdos
category-plumbing = lo que necesita el propio intercambio de mensajes (nada sobre ti)
category-context = el sitio o la aplicación alrededor del anuncio y su tema (nada sobre ti)
category-coarse-device = el tipo de dispositivo, su idioma y la región aproximada
category-device-identifier = un identificador de tu dispositivo
category-demographic = tu género y tu franja de edad
category-exposure = qué anuncios se vieron, se miraron o se usaron de otro modo
category-precise-location = dónde está tu dispositivo

## Por qué se retuvo algo, según el código de la decisión.

reason-not-started = este acuerdo aún no ha empezado
reason-ended = este acuerdo ha terminado
reason-suspended = este acuerdo está suspendido
reason-linking-attestation-lapsed = el socio no tiene registrada una promesa válida de preguntar antes de vincular datos a una persona
reason-country-not-served = este acuerdo no abarca el país
reason-advertiser-not-linked = el anunciante no ha elegido a este socio de medición
reason-happened-before-listing = ocurrió antes de que este acuerdo estuviera en la lista
reason-view-incomplete = no se pudieron leer por completo tus elecciones
reason-view-too-old = no se pudieron confirmar a tiempo las últimas elecciones
reason-sharing-off-account = compartir está desactivado en tu cuenta
reason-sharing-off-device = compartir está desactivado en este dispositivo
reason-sharing-off-browser = compartir está desactivado en este navegador
reason-sharing-off-linked-account = una cuenta que se usa en este dispositivo o navegador tiene compartir desactivado
reason-sharing-off-default = aquí compartir está desactivado mientras no se active
reason-happened-while-off = ocurrió antes de que compartir se activara por última vez
reason-personalize-ads-off = los anuncios personalizados están desactivados
reason-coppa = la página o la aplicación está dirigida a menores
reason-child = según la ley del país eres menor
reason-age-under-18 = tienes menos de 18 años
reason-age-unknown = no se conoce tu edad
reason-limit-ad-tracking = el dispositivo limita el seguimiento publicitario
reason-limit-ad-tracking-unsaid = la aplicación no dice si el seguimiento publicitario está limitado
reason-tracking-not-authorized = en el dispositivo no se permite el seguimiento de aplicaciones
reason-zero-identifier = el dispositivo oculta su identificador publicitario
reason-gpc = el navegador pide no vender ni compartir (Global Privacy Control)
reason-us-privacy-opt-out = te opusiste a la venta de tus datos
reason-us-privacy-no-notice = no se te dijo cómo oponerte
reason-gpp-sale-opt-out = te opusiste a la venta de tus datos
reason-gpp-sharing-opt-out = te opusiste a que se compartan tus datos
reason-gpp-targeted-advertising-opt-out = te opusiste a la publicidad dirigida
reason-gpp-gpc = el navegador pidió no vender ni compartir cuando se registró la elección
reason-gpp-no-notice = no se te dijo cómo oponerte
reason-gpp-known-child = se sabe que eres menor
reason-gpp-secondary-use = los datos se usarían para más de aquello para lo que se recogieron
reason-gpp-service-provider-mode = aquí los socios solo pueden actuar por encargo de la plataforma
reason-gpp-contradiction = el registro de lo que elegiste se contradice
reason-signal-not-readable = hay una señal de privacidad que no se pudo leer
reason-consent-string-missing = hace falta un registro de lo que aceptaste y no lo hay
reason-not-a-vendor = el socio no está en la lista de aquellos por los que se te pudo preguntar
reason-no-basis-to-ask = no se puede pedir al socio que elija un anuncio para ti
reason-no-basis-to-measure = el socio no puede medir cómo funcionaron los anuncios
reason-no-basis-to-identify = el socio no puede usar lo que está guardado en el dispositivo
reason-no-basis-to-profile = el socio no puede elegir anuncios según un perfil tuyo
reason-no-basis-to-locate = el socio no puede saber dónde está exactamente el dispositivo
reason-location-not-allowed = ninguna señal permite decir dónde está exactamente el dispositivo
reason-category-not-listed = el acuerdo no incluye este tipo de datos
reason-no-key = no hay ningún identificador del dispositivo que se pueda compartir

## Cómo se llaman los valores de un mensaje.

field-age = Edad
field-gender = Género
field-lists = Listas en las que te puso este socio, por número
field-address-shortened = Dirección de internet, recortada
field-device-ifa = Identificador publicitario
field-device-ext-ifa-type = Tipo de identificador publicitario
field-device-ip = Dirección de internet
field-device-ipv6 = Dirección de internet
field-device-devicetype = Tipo de dispositivo
field-device-make = Fabricante
field-device-model = Modelo
field-device-os = Sistema operativo
field-device-osv = Versión del sistema
field-device-w = Ancho de la pantalla
field-device-h = Alto de la pantalla
field-device-pxratio = Proporción de píxeles
field-device-ppi = Píxeles por pulgada
field-device-js = Ejecuta scripts
field-device-language = Idioma
field-device-langb = Idioma
field-device-connectiontype = Conexión
field-device-carrier = Operador
field-device-mccmnc = Red móvil
field-device-ua = Navegador o aplicación
field-device-sua = Navegador o aplicación, por partes
field-device-dnt = Pide que no se le siga
field-device-lmt = Limita el seguimiento publicitario
field-device-ext-atts = Permiso de seguimiento de aplicaciones
field-device-geo-country = País
field-device-geo-region = Región
field-device-geo-metro = Área metropolitana
field-device-geo-utcoffset = Minutos respecto a UTC
field-device-geo-type = Cómo se conoce la región
field-device-geo-lat = Latitud
field-device-geo-lon = Longitud
field-user-id = Un identificador tuyo que solo recibe este socio
field-ifa-type = Tipo de identificador publicitario
field-ifa = Identificador publicitario
field-device-id-hash = Identificador del dispositivo que solo recibe este socio
field-browser-id-hash = Identificador del navegador que solo recibe este socio
field-interaction-type = Qué pasó
field-touch-type = Cuenta como
field-timestamp = Cuándo
field-touch-time-ms = Cuándo te encontraste con el anuncio
field-assists = Cuántos otros anuncios hubo antes
field-permitted-recipients = Solo se puede pasar a este anunciante
field-advertiser-id = Anunciante
field-campaign-id = Campaña
field-line-item-id = Parte de la campaña
field-creative-id = Anuncio
field-app-id = Aplicación anunciada
field-ad-format = Forma del anuncio
field-view-duration-ms = Milisegundos a la vista
field-video-duration-ms = Duración del vídeo en milisegundos
field-viewable-pct = Porcentaje a la vista

meaning = { $meaning } ({ $raw })
meaning-segment-3 = de 18 a 20
meaning-segment-4 = de 21 a 24
meaning-segment-5 = de 25 a 29
meaning-segment-6 = de 30 a 34
meaning-segment-7 = de 35 a 39
meaning-segment-8 = de 40 a 44
meaning-segment-9 = de 45 a 49
meaning-segment-10 = de 50 a 54
meaning-segment-11 = de 55 a 59
meaning-segment-12 = de 60 a 64
meaning-segment-13 = de 65 a 69
meaning-segment-14 = de 70 a 74
meaning-segment-15 = 75 o más
meaning-segment-49 = femenino
meaning-segment-50 = masculino
meaning-segment-51 = otro
meaning-device-devicetype-1 = teléfono o tableta
meaning-device-devicetype-2 = ordenador
meaning-device-devicetype-3 = televisor conectado
meaning-device-devicetype-4 = teléfono
meaning-device-devicetype-5 = tableta
meaning-device-devicetype-6 = dispositivo conectado
meaning-device-devicetype-7 = decodificador
meaning-device-devicetype-8 = pantalla pública
meaning-device-connectiontype-0 = desconocida
meaning-device-connectiontype-1 = cable
meaning-device-connectiontype-2 = red inalámbrica
meaning-device-connectiontype-3 = red móvil
meaning-device-connectiontype-4 = red móvil, 2G
meaning-device-connectiontype-5 = red móvil, 3G
meaning-device-connectiontype-6 = red móvil, 4G
meaning-device-connectiontype-7 = red móvil, 5G
meaning-no = no
meaning-yes = sí
meaning-device-ext-atts-0 = aún no se ha preguntado
meaning-device-ext-atts-1 = no se puede preguntar
meaning-device-ext-atts-2 = denegado
meaning-device-ext-atts-3 = concedido
meaning-device-geo-type-1 = servicio de ubicación
meaning-device-geo-type-2 = dirección de internet
meaning-device-geo-type-3 = lo dijiste tú
meaning-ifa-type-idfa = identificador publicitario de Apple
meaning-ifa-type-aaid = identificador publicitario de Android

## /partners

partners-title = Socios
partners-heading = Socios que pueden recibir datos sobre ti
partners-lead = Esta lista es lo que la pasarela hace cumplir: un socio que no está en ella no recibe nada, y un tipo de datos que no se nombra aquí no sale.
partners-edition = Esta edición
partners-updated = Última actualización
partners-number = Edición
partners-fingerprint = Huella (SHA-256)
partners-json = <json>Esta edición en JSON</json>
partners-under = Sujeto al ajuste de compartir
partners-under-text = «{ $setting }», <settings>en tu configuración</settings>, decide si estos socios reciben algo sobre ti con estos acuerdos. Nunca reciben tu nombre, tu correo electrónico, tu número de teléfono ni tu nombre de usuario, y solo pueden vincular lo que reciben contigo, o con otros datos que te identifiquen, si antes lo aceptaste con ellos.
partners-beyond = Fuera del ajuste de compartir
partners-beyond-text = El interruptor no rige los acuerdos de abajo, tampoco cuando el socio es el mismo que arriba. Se enumeran para que sepas de ellos.
partners-bidding = Cuando hay sitio para un anuncio, { $platform } puede pedir pujas a estos socios. Con los sistemas de los socios, los anunciantes deciden en una fracción de segundo si compran el espacio y qué anuncio muestran. Para que puedan elegir, una petición puede describir tu dispositivo: por ejemplo, que cierto identificador de dispositivo es de un hombre de entre 25 y 34 años.
partners-tracking = Estos socios miden para los anunciantes si un anuncio funcionó. Pueden saber qué anuncios vio, miró o usó de otro modo tu dispositivo o tu navegador. Si el mismo dispositivo instala después la aplicación anunciada, el socio puede decir al anunciante que puso el anuncio que funcionó.
partners-service = Estas empresas trabajan para { $platform }, siguiendo sus instrucciones, y no pueden usar los datos para nada propio.
partners-other = Acuerdos de otro tipo, cada uno descrito por separado.
partners-suspended = Suspendido: no recibe nada
partners-company = Empresa
partners-data = Datos
partners-data-none = Nada a través de esta pasarela
partners-device-per-partner = { $data }, escrito de modo que ningún otro socio pueda relacionarlo
partners-device-raw = { $data }, tal como lo da el dispositivo
partners-lists = Listas
partners-lists-text = Puede ponerte en estas y las vuelve a encontrar junto con los datos sobre ti que puede recibir, mientras «Personalizar los anuncios» está activado. Las tuyas las ves, y las puedes quitar, <data>en tus datos</data>.
partners-purposes = Se usa para
partners-role = Función
partners-role-controller = Responsable: decide por sí mismo cómo usa los datos, dentro de este acuerdo
partners-role-processor = Encargado: usa los datos para { $platform } y siguiendo sus instrucciones
partners-kept = Se guarda
partners-days = { $days ->
    [one] { $days } día
   *[other] { $days } días
}
partners-countries = Países
partners-in-force = En vigor
partners-since = desde el { $start }
partners-from-until = desde el { $start } hasta el { $last }
partners-linking = Vincular contigo
partners-linking-text = Solo con tu consentimiento, dado antes a este socio. Lo prometió por escrito el { $signed }; sin una promesa nueva no recibe nada desde el { $expires }.
partners-privacy = Privacidad
partners-privacy-link = <privacy>Página de privacidad de { $partner }</privacy>
partners-contact = Contacto
partners-original = Estos textos son el original, en el idioma en que se escribieron.
partners-none = No hay ningún acuerdo de este tipo en vigor.
partners-creative = Lo que un anuncio carga por sí mismo en tu navegador o aplicación viene del anunciante y no pasa por esta pasarela.

## Laws that defaults rest on, in the order of the decision’s table.

law-us = leyes de privacidad de los estados de Estados Unidos: derecho a rechazar la venta y la cesión
law-au = Ley de Privacidad de 1988 (Australia), Principio de Privacidad australiano 7: derecho a rechazar el marketing directo
law-nz = Ley de Privacidad de 2020 (Nueva Zelanda): finalidad indicada al recoger los datos
law-mx = Ley Federal de Protección de Datos Personales en Posesión de los Particulares (México): derecho de oposición
law-br = Ley General de Protección de Datos (Brasil, Ley 13.709/2018), artículo 7: primero el consentimiento
law-ca = Ley de Protección de la Información Personal y Documentos Electrónicos (Canadá), principio 4.3: consentimiento
law-cn = Ley de Protección de la Información Personal (China), artículo 23: consentimiento aparte para la cesión
law-in = Ley de Protección de Datos Personales Digitales de 2023 (India), artículo 6: consentimiento
law-kr = Ley de Protección de la Información Personal (Corea), artículo 17: consentimiento para la cesión
law-za = Ley de Protección de la Información Personal (Sudáfrica), artículo 69: consentimiento
law-europe = Reglamento General de Protección de Datos, artículo 6: primero el consentimiento
law-outermost = Reglamento General de Protección de Datos, artículo 6, y TFUE, artículo 355, apartado 1: primero el consentimiento
law-ax = Reglamento General de Protección de Datos, artículo 6, y TFUE, artículo 355, apartado 4: primero el consentimiento
law-sj = Ley de Datos Personales (Noruega), tratada como el reglamento europeo
law-gb = Reglamento General de Protección de Datos del Reino Unido, artículo 6: primero el consentimiento
law-ch = Ley Federal de Protección de Datos (Suiza), tratada como el reglamento europeo
law-gi = Reglamento General de Protección de Datos de Gibraltar, artículo 6: primero el consentimiento
law-gg = Ley de Protección de Datos de 2017 (Bailía de Guernsey), tratada como el reglamento europeo
law-im = Orden de 2018 sobre la aplicación del RGPD (Isla de Man), artículo 6: primero el consentimiento
law-je = Ley de Protección de Datos de 2018 (Jersey), tratada como el reglamento europeo
law-none = no hay ninguna norma registrada para este país: rige el valor por defecto más estricto
