# The pages that are open to everyone, and signing in. The rest stands in es.ftl.

partners-past-title = Socios, edición { $number }
partners-past = <strong>Esta es la edición { $number }, tal como se publicó. Ya no está en vigor.</strong>
partners-past-links = <now>La lista en vigor</now> · <changes>Qué ha cambiado desde entonces</changes>
partners-seen = <strong>La lista ha cambiado desde tu última visita.</strong> Viste la edición { $seen }; esta es la edición { $number }.
partners-seen-link = <changes>Qué ha cambiado</changes>
partners-before = <changes>qué cambió con ella</changes>
partners-all = <all>todas las ediciones</all>
partners-permanent = Enlace permanente
partners-fingerprint-note = todo registro de lo enviado la menciona
partners-share = <mail>Compartir por correo</mail>
partners-share-subject = Compartir datos con socios comerciales
partners-follow = <feed>Seguir los cambios (Atom)</feed>
partners-contents = En esta página
partners-outside-mark = fuera del ajuste
partners-setting = Qué hace el ajuste
partners-takes-effect = { $seconds ->
    [one] Desactivado, no reciben nada sobre ti con estos acuerdos; un cambio rige en todas partes en { $seconds } segundo.
   *[other] Desactivado, no reciben nada sobre ti con estos acuerdos; un cambio rige en todas partes en { $seconds } segundos.
 }
partners-only = El ajuste se aplica a los tipos de colaboración y a los socios que figuran bajo él, y a nada más: ni a las empresas que trabajan para { $platform } ni a otros acuerdos con los mismos socios. También estos figuran aquí, más abajo.
partners-personalize = «Personalizar los anuncios» es un ajuste aparte: decide si los anuncios pueden elegirse por lo que los socios dicen de ti y por lo que haces fuera de { $platform }. El género y el tramo de edad que pueden comunicarse se muestran en <data>tus datos</data>, donde puedes corregirlos o eliminarlos; desde entonces los socios reciben el valor corregido.
partners-when-off = Mientras no se comparte
partners-when-off-skip = No se le pregunta en absoluto
partners-when-off-contextual = Se le puede pedir un anuncio que encaje con la página, sin nada sobre ti
partners-vendor = Marco de consentimiento
partners-vendor-id = Proveedor { $id } del marco de IAB Europe
partners-company-value = { $company }, { $country }
partners-sellers = Quién vende el espacio publicitario
partners-sellers-text = { $name } ({ $domain }) vende su propio espacio publicitario a través de esta pasarela, y nadie más lo hace. Toda solicitud de puja lo indica. <sellers>sellers.json</sellers> · <ads>ads.txt</ads>
partners-opinion = ¿Te ha sido útil esta página?
partners-opinion-question = ¿Te dijo lo que querías saber?
partners-yes = Sí
partners-no = No
partners-remark = ¿Cómo podría mejorar? (opcional)
partners-remark-hint = Hasta 1000 caracteres. No se guarda quién eres: no incluyas nombres ni datos de contacto.
partners-send = Enviar
partners-thanks = Gracias. Se ha contado para la edición { $number }.
partners-thanks-read = Gracias. Se ha contado para la edición { $number }, y quien mantiene esta lista leerá lo que escribiste.
partners-cookie = Para que esta página pueda decir qué hay de nuevo, una cookie de este navegador guarda durante 400 días el número de la última edición que viste, y nada más.
partners-effectiveness = ¿Funciona el interruptor? <figures>Las cifras de los últimos 30 días</figures>
editions-title = Ediciones
editions-heading = Todas las ediciones de la lista de socios
editions-lead = Cada cambio crea una edición nueva. Ninguna se modifica ni se elimina, de modo que puede consultarse lo que estuvo en vigor en cualquier momento.
editions-one = Edición { $number }
editions-in-force = en vigor
editions-changes = <changes>qué cambió<hidden> con la edición { $number }</hidden></changes>
editions-links = <now>La lista en vigor</now> · <feed>Seguir los cambios (Atom)</feed> · <json>Ediciones en JSON</json>
changes-heading = Qué cambió de la edición { $from } a la edición { $to }
changes-lead = Del { $start } al { $end }, en todo lo que muestra la página de socios.
changes-same = Es una y la misma edición.
changes-hidden = Nada de lo que muestra la página ha cambiado. Las ediciones difieren en lo que no trata de ti, como las direcciones de los servidores de los socios o los nombres de los espacios publicitarios.
changes-new = Nuevo
changes-gone = Ya no figura: no recibe nada más
changes-changed = Cambiado
changes-kind = Tipo
changes-controlled = { $kind }, bajo el ajuste de compartir
changes-uncontrolled = { $kind }, fuera del ajuste de compartir
changes-was = Ya no
changes-partner = Nombre del socio
changes-title = Título
changes-summary = Descripción
changes-suspended = Suspendido: no recibe nada
changes-resumed = Ya no está suspendido
changes-others = Comparar otras
changes-from = De la edición
changes-to = a la edición
changes-option = { $number }, { $day }
changes-compare = Comparar
changes-links = <all>Todas las ediciones</all> · <now>La lista en vigor</now> · <json>Estos cambios en JSON</json>
feed-first = La primera edición.
signed-out = Has cerrado la sesión aquí
signed-out-text = Nadie que use este navegador después de ti verá tus ajustes: quien venga después tendrá que volver a identificarse en { $platform }, con una contraseña o como allí se pida.
signed-out-elsewhere = En el resto de { $platform } puede que tu sesión siga abierta.
signed-out-there = Cerrar también la sesión en { $platform }
refusal-provider = Ahora no es posible iniciar sesión
refusal-provider-text = El inicio de sesión de { $platform } no responde como debe. No se ha cambiado nada. Inténtalo de nuevo en unos minutos.
refusal-arrival = No se ha iniciado la sesión
refusal-arrival-text = Un inicio de sesión vale una vez, durante diez minutos y solo en el navegador donde empezó. Este empezó en otro lugar, tardó demasiado o fue rechazado.
refusal-opinion-text = No se ha enviado nada. Solo aceptamos un formulario de nuestra propia página, durante un día. Vuelve a cargar <partners>la lista de socios</partners> e inténtalo otra vez.
refusal-too-many = Demasiado rápido
refusal-too-many-text = { $seconds ->
    [one] De tu conexión llegó en poco tiempo más de lo que una persona lee o envía. No se ha cambiado nada. Espera { $seconds } segundo e inténtalo de nuevo.
   *[other] De tu conexión llegó en poco tiempo más de lo que una persona lee o envía. No se ha cambiado nada. Espera { $seconds } segundos e inténtalo de nuevo.
 }
refusal-no-such-edition = No existe esa edición
refusal-no-such-edition-text = Las ediciones se numeran desde 1 y ninguna se elimina nunca. <editions>Todas las ediciones</editions>
