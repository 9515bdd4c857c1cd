package markup

import (
	"regexp"
	"strings"
)

// The tables of this file are the knowledge about languages and mail programs. They are lower case; texts are folded
// (lower case, plain spaces, no direction marks) before they are compared. Adding a language is adding words here.

// wroteWords say, in the line above a quote, that somebody wrote.
var wroteWords = list(`wrote|writes|schrieb|schrieben|schreibt|geschrieben|a écrit|a ecrit|écrit|écrivait|ha scritto|scrive|scrisse|escribió|escribio|escribe|
ha escrito|escreveu|schreef|heeft geschreven|geschreven|skrev|skreiv|kirjoitti|napisał|napisała|napisał(a)|napisali|pisze|napsal|napsala|napsal(a)|napsal/a|
napísal|napísala|napísal(a)|napísal/a|írta|a scris|написал|написала|написал(а)|пишет|писал|писала|написав|написала|написав(ла)|пише|έγραψε|yazdı|yazmış|写道|寫道|写到|写信|
のメール|書きました|さんは書き|님이 작성|님이 쓴|작성했습니다|작성|كتب|كتبت|כתב|כתבה|כתב/ה|‫כתב|đã viết|viết|menulis|tulis|เขียน|เขียนว่า|napisao|napisala|napisao/la|je pisao|je napisao|je napisala|
je napisal|napisal|rašė|parašė|kirjutas|rakstīja|написа|skrifaði|va escriure|ha escrit|escrigué|idatzi du|ने लिखा|نوشت|نوشته|wrote the following|shkroi|написао|scríobh|ysgrifennodd|
sumulat|aliandika|het skryf|skryf|skrifaði þetta|kirjutas järgmist|wysłał|wysłała|messaged|said`)

// startWords begin such a line, before the date.
var startWords = list(`on|am|le|el|il|em|no dia|a|o|os|op|den|d.|dne|dňa|dnia|w dniu|u|pe|în data de|în|la data|pada|στις|στις|в|у|на|в|om|på|in data|il giorno|
el día|på|za|at|vào|ngày|lúc|dana|dne|ob|ar|kell|2|1|3|0|4|5|6|7|8|9|在|於|于|بتاريخ|في|ב|בתאריך|ที่|เมื่อ|op|die|þann|fimmt|fös|ar|leis|le|tarihinde|a les|az|az|el|on|den|tanggal|dl.|dt.|missatge de|wiadomość napisana przez|message from|nachricht von|mensaje de|mensagem de|messaggio da|bericht van|meddelande från|message de|сообщение от`)

// weekdays, long and short, may begin it too.
var weekdays = list(`mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|
freitag|samstag|sonntag|lun|mar|mer|jeu|ven|sam|dim|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|gio|sab|dom|
lunes|martes|miércoles|jueves|viernes|sábado|domingo|mié|jue|vie|sáb|seg|ter|qua|qui|sex|segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|ma|wo|vr|za|zo|
maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|mån|tis|ons|tors|fre|lör|sön|måndag|tisdag|onsdag|torsdag|fredag|lördag|søndag|söndag|mandag|tirsdag|lørdag|man|tir|tor|lør|søn|
maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai|ti|ke|to|pe|la|su|pon|wt|śr|czw|pt|sob|niedz|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|
po|út|st|čt|pá|so|ne|пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|понеділок|вівторок|середа|четвер|п'ятниця|субота|неділя|
pzt|sal|çar|per|cum|cmt|paz|hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap|luni|marți|miercuri|joi|vineri|sâmbătă|duminică|lun.|mar.|δευ|τρί|τετ|πέμ|παρ|σάβ|κυρ`)

// quotingWords begin a line that introduces a quote without a date.
var quotingWords = list(`quoting|zitat von|zitiere|citando|citant|citat från|citat fra|cytowanie|cytuję|citation de|citerend|quote from|idézet|citace`)

// headerWords name the fields of a header written into the text, by what they mean.
var headerWords = func() map[string]string {
	m := map[string]string{}
	for kind, words := range map[string]string{
		"from": `from|von|de|da|van|från|fra|frå|od|от|от кого|від|від кого|发件人|寄件者|寄件人|發件人|差出人|送信者|보낸 사람|보낸사람|발신|lähettäjä|kimden|gönderen|feladó|odesílatel|odosielateľ|
nadawca|expéditeur|remitente|remetente|mittente|afzender|avsändare|avsender|afsender|absender|de la|από|αποστολέας|من|המאת|מאת|từ|người gửi|dari|pengirim|จาก|šalje|pošiljatelj|nuo|no|saatja|kellelt|oт|message de|frá|prejeto od|expeditor`,
		"to": `to|an|à|a|para|naar|aan|till|til|do|komu|dla|кому|до|кому|收件人|收件者|宛先|받는 사람|받는사람|수신|vastaanottaja|kime|alıcı|címzett|příjemce|príjemca|adresat|destinataire|destinatario|
destinatário|ontvanger|mottagare|mottaker|modtager|empfänger|către|catre|προς|إلى|الى|אל|đến|người nhận|kepada|untuk|ถึง|prima|za|kam|kellele|vastuvõtja|destinatar|ข้อความถึง|pour|ao`,
		"cc": `cc|kopie|copie à|copie|copia|cópia|con copia|kopia|kopi|копия|копія|抄送|副本|참조|kopio|bilgi|másolat|kópia|dw|do wiadomości|cc:|bcc|ccn|cci|κοιν|נשלח עותק|نسخة|tembusan|สำเนา|cc.|cco`,
		"date": `date|sent|datum|gesendet|gesendet am|envoyé|envoyé le|date d'envoi|enviado|enviado el|enviado em|enviada em|enviada|enviado a las|fecha|data|inviato|inviato il|data invio|verzonden|verzonden op|skickat|datum|dato|sendt|lähetetty|
päivämäärä|päiväys|pvm|wysłano|wysłane|data wysłania|odesláno|odoslané|дата|отправлено|відправлено|надіслано|发送时间|发送日期|日期|時間|寄件日期|送信日時|日時|日付|보낸 날짜|날짜|일시|tarih|gönderildi|gönderme tarihi|gönderilme tarihi|elküldve|dátum|
trimis|dată|ημερομηνία|στάλθηκε|التاريخ|تاريخ|تم الإرسال|أرسلت|תאריך|נשלח|ngày|đã gửi|tanggal|dikirim|terkirim|วันที่|ส่ง|poslano|datum slanja|išsiųsta|data:|nosūtīts|saadetud|kuupäev|sent on|message du|le|quand|sent at|dags|изпратено|send`,
		"subject": `subject|betreff|objet|objet du message|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|předmět|predmet|тема|тема сообщения|主题|主旨|件名|제목|konu|tárgy|subiect|θέμα|الموضوع|موضوع|
נושא|chủ đề|tiêu đề|perihal|subjek|judul|เรื่อง|หัวข้อ|naslov|zadeva|tema|temats|teema|относно|assumpte|efni|sujet|re`,
		"other": `reply-to|reply to|antwort an|répondre à|risposta|responder a|rispondi a|beantwoorden|svara till|svar til|odpowiedz do|antwoord aan|importance|priorität|priority|wichtigkeit|importancia|attachments|anlagen|anhang|pièces jointes|pièce jointe|
adjuntos|allegati|anexos|bijlagen|bilagor|załączniki|přílohy|вложения|附件|添付ファイル|첨부|ekler|mellékletek|liitteet|bcc|mailed-by|signed-by|organization|categories|message-id|x-mailer|return-path|resent-from`,
	} {
		for _, w := range list(words) {
			if m[w] == "" || kind != "other" {
				m[w] = kind
			}
		}
	}
	return m
}()

// originalWords stand between dashes above a message that is answered, forwardWords above one that is passed on.
var (
	originalWords = list(`original message|original-nachricht|ursprüngliche nachricht|originalnachricht|ursprüngliche mail|original-mail|message d'origine|message original|message d’origine|
mensaje original|mensagem original|messaggio originale|messaggio original|oorspronkelijk bericht|origineel bericht|ursprungligt meddelande|originalmeddelande|opprinnelig melding|oprindelig meddelelse|original meddelelse|
alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|treść oryginalnej wiadomości|původní zpráva|původní e-mail|pôvodný e-mail|originální zpráva|pôvodná správa|исходное сообщение|оригинальное сообщение|первоначальное сообщение|початкове повідомлення|оригінальне повідомлення|原始邮件|原始郵件|原邮件|邮件原件|元のメッセージ|
original appointment|원본 메시지|원본 메세지|원래 메시지|özgün ileti|orijinal mesaj|eredeti üzenet|mesaj original|mesajul original|αρχικό μήνυμα|الرسالة الأصلية|رسالة أصلية|הודעה מקורית|tin nhắn gốc|thư gốc|pesan asli|ข้อความต้นฉบับ|izvorna poruka|izvirno sporočilo|
pradinis laiškas|original message follows|reply message|antwort nachricht|reply to message|previous message|vorherige nachricht|original email|missatge original|оригинално съобщение|algkiri|sākotnējais ziņojums|original post|in reply to`)
	forwardWords = list(`forwarded message|forwarded by|forwarded mail|forwarded email|begin forwarded message|fwd message|weitergeleitete nachricht|weitergeleitete e-mail|anfang der weitergeleiteten nachricht|beginn der weitergeleiteten nachricht|weitergeleitet von|
message transféré|message transfere|début du message réexpédié|début du message transféré|message réexpédié|message réacheminé|transféré par|mensaje reenviado|inicio del mensaje reenviado|mensaje remitido|reenviado por|messaggio inoltrato|inizio messaggio inoltrato|inoltrato da|
mensagem encaminhada|início da mensagem encaminhada|mensagem reencaminhada|início da mensagem reencaminhada|encaminhado por|doorgestuurd bericht|begin doorgestuurd bericht|doorgestuurd door|vidarebefordrat meddelande|vidarebefordrat brev|börja vidarebefordrat meddelande|
videresendt melding|videresendt besked|videresendt meddelelse|start på videresendt besked|begynnelse på videresendt melding|välitetty viesti|edelleen lähetetty viesti|välitetty viesti alkaa|wiadomość przekazana dalej|przekazana wiadomość|przesłana wiadomość|początek przekazywanej wiadomości|
přeposlaná zpráva|přeposlaný e-mail|začátek přeposílané zprávy|preposlaná správa|začiatok preposlanej správy|пересылаемое сообщение|пересланное сообщение|начало переадресованного сообщения|переадресованное сообщение|переслане повідомлення|пересилане повідомлення|початок листа, що пересилається|
转发的邮件|转发邮件|轉寄的郵件|轉寄郵件|轉寄的信件|下面是被转发的邮件|以下是轉寄的郵件|開始轉寄郵件|转发信息|転送メッセージ|転送されたメッセージ|転送されたメール|전달된 메시지|전달 메시지|전달된 메일|iletilmiş mesaj|yönlendirilmiş mesaj|iletilen mesaj|iletilmiş ileti|başlangıç: iletilen ileti|
továbbított üzenet|továbbított levél|mesaj redirecționat|mesaj redirectionat|începutul mesajului redirecționat|προωθημένο μήνυμα|προωθημενο μηνυμα|رسالة معاد توجيهها|رسالة تمت إعادة توجيهها|الرسالة المعاد توجيهها|הודעה שהועברה|tin nhắn chuyển tiếp|thư được chuyển tiếp|pesan terusan|pesan yang diteruskan|
ข้อความที่ส่งต่อ|proslijeđena poruka|posredovano sporočilo|persiųstas laiškas|edastatud kiri|pārsūtīta ziņa|препратено съобщение|missatge reenviat|start of forwarded message`)
)

// deviceLines are what telephones and programs put below a mail.
var deviceLines = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`sent (?:from|via|with|using|by|on the go|securely)\b`, `get (?:outlook|bluemail|typeapp|yahoo mail|the free)`, `download (?:outlook|yahoo)`, `via (?:mobile|iphone|phone)$`,
	`(?:gesendet|verschickt|versendet) (?:von|mit|über|aus|vom|via)\b`, `von (?:meinem|meiner|unterwegs|mein)\b.* (?:gesendet|geschickt|verschickt)`, `diese nachricht wurde (?:von|mit) .* gesendet`, `(?:holen sie sich|laden sie) outlook`, `outlook für (?:ios|android)`, `vom handy gesendet`,
	`envoyé (?:de|depuis|à partir|avec|via|par|sur|du)\b`, `(?:obtenir|obtenez|télécharger|téléchargez) outlook`, `provenance\s*:\s*courrier`, `outlook pour (?:ios|android)`,
	`enviado (?:desde|do|da|de|a partir|por|via|con|com|usando)\b`, `(?:obtener|obtenga|descargar|obter|transferir|baixe) (?:o )?outlook`, `enviada (?:do|de|pelo)\b`, `outlook para (?:ios|android)`,
	`inviato (?:da|dal|dall|con|tramite|via)\b`, `(?:ottieni|scarica) outlook`, `outlook per (?:ios|android)`,
	`(?:verstuurd|verzonden|gestuurd) (?:vanaf|vanuit|via|met|van)\b`, `outlook voor (?:ios|android)`, `download outlook`,
	`skickat (?:från|med|via)\b`, `hämta outlook`, `(?:sendt|skickad|sendet) (?:fra|från|med|via)\b`, `(?:hent|få) outlook`, `lähetetty .*(?:iphone|ipad|android|puhelime|outlook|laitteesta|samsung)`, `hanki outlook`,
	`(?:wysłane|wysłano|wiadomość wysłana) (?:z|ze|za|przy)\b`, `pobierz (?:aplikację )?outlook`, `(?:odesláno|posláno) (?:z|ze|pomocí)\b`, `(?:odoslané|poslané) (?:z|zo)\b`, `získejte outlook`,
	`отправлено (?:с|со|из|через|от)(?: |$)`, `(?:скачать|получить) outlook`, `надіслано (?:з|із|зі|через)(?: |$)`, `(?:отправлено из) мобильной`, `изпратено от`,
	`.*から送信$`, `.*より送信$`, `(?:iphone|ipad|android).*から`, `(?:发自|来自)我的`, `发自 ?\S+`, `[從从]我的.*(?:傳送|發送|发送)`, `傳送自`, `寄自`, `.*에서 (?:보냄|전송|발송)`, `(?:나의|내) .*(?:에서|보냄)`,
	`\S*(?:umdan|imden|ımdan|ümden|dan|den) gönderildi`, `.*(?:uygulamasından|cihazımdan) gönderildi`, `outlook for (?:ios|android)`,
	`(?:نُ?شرت|أُ?رسلت?|مُ?رسلة?|تم الإرسال|مرسل) (?:من|بواسطة)`, `נשלח (?:מ|באמצעות)`, `trimis (?:de pe|din|prin|cu)\b`, `(?:poslano|poslato|poslatо) (?:z|s|sa|iz|preko)\b`, `.*(?:-omról|-emről|-ről|-ról|ról|ről) küldve`, `küldve`,
	`(?:στάλθηκε|εστάλη) από`, `(?:đã gửi|được gửi|gửi) từ`, `dikirim (?:dari|dengan)`, `ส่งจาก`, `išsiųsta iš`, `saadetud (?:minu|mu)`, `nosūtīts no`, `enviat (?:des|amb)`, `my mobile$`,
}, "|") + `)`)

// closingWords end a letter; what follows in the same line may be a name.
var closingWords = list(`best regards|kind regards|warm regards|warmest regards|with kind regards|with best regards|regards|many regards|best wishes|warm wishes|with warm wishes|best|all the best|all best|yours sincerely|sincerely|sincerely yours|yours truly|
yours faithfully|respectfully|cheers|thanks|thank you|thanks a lot|thanks again|thanks so much|thank you so much|thank you very much|many thanks|thx|tia|thanks in advance|thank you in advance|take care|yours|rgds|br|kr|kindly|cordially|ta|greetings|with gratitude|
mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|mit freundlichem gruss|freundliche grüße|freundliche grüsse|freundlicher gruß|viele grüße|viele grüsse|vielen dank|danke|danke schön|danke und gruß|danke im voraus|beste grüße|beste grüsse|
herzliche grüße|herzliche grüsse|herzlichst|liebe grüße|liebe grüsse|schöne grüße|schönen gruß|gruß|gruss|grüße|grüsse|lg|mfg|vg|hochachtungsvoll|mit besten grüßen|mit besten grüssen|mit lieben grüßen|besten dank|servus|
cordialement|bien cordialement|très cordialement|bien à vous|sincèrement|salutations|meilleures salutations|salutations distinguées|merci|merci d'avance|merci beaucoup|merci par avance|amicalement|respectueusement|cdlt|bonne journée|belle journée|
je vous prie d'agréer|veuillez agréer|saludos|un saludo|saludos cordiales|atentamente|cordialmente|muchas gracias|gracias|gracias de antemano|un cordial saludo|abrazos|un abrazo|distinguidos saludos|
cordiali saluti|distinti saluti|saluti|grazie|grazie mille|un saluto|a presto|in attesa di riscontro|grazie in anticipo|un cordiale saluto|molte grazie|atenciosamente|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|obrigado|obrigada|
muito obrigado|muito obrigada|abraços|abraço|att|grato|grata|desde já agradeço|met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groeten|groet|met groet|hartelijke groet|hartelijke groeten|bedankt|dank|mvg|alvast bedankt|dank u|dankjewel|
med vänliga hälsningar|med vänlig hälsning|vänliga hälsningar|vänligen|hälsningar|mvh|tack|tack på förhand|med venlig hilsen|venlig hilsen|hilsen|mange tak|tak|på forhånd tak|vh|med vennlig hilsen|vennlig hilsen|hilsen|takk|på forhånd takk|mange takk|ha en fin dag|
ystävällisin terveisin|terveisin|parhain terveisin|kiitos|kiitos etukäteen|t.|yst. terv.|z poważaniem|pozdrawiam|pozdrowienia|serdecznie pozdrawiam|dziękuję|dzięki|z wyrazami szacunku|z góry dziękuję|s pozdravem|hezký den|děkuji|děkuji předem|díky|s pozdravom|ďakujem|
с уважением|с наилучшими пожеланиями|всего доброго|всего хорошего|спасибо|заранее спасибо|благодарю|з повагою|дякую|щиро дякую|най-добри пожелания|с уважение|поздрави|благодаря|此致|敬礼|敬禮|祝好|谢谢|謝謝|感谢|感謝|顺祝商祺|順祝商祺|此致敬礼|
よろしくお願いします|よろしくお願いいたします|よろしくお願い致します|宜しくお願いします|宜しくお願いいたします|宜しくお願い致します|敬具|どうぞよろしくお願いいたします|以上|ありがとうございます|ありがとうございました|감사합니다|고맙습니다|안녕히 계세요|드림|올림|
saygılarımla|saygılar|iyi günler|iyi çalışmalar|teşekkürler|teşekkür ederim|şimdiden teşekkürler|selamlar|sevgiler|üdvözlettel|tisztelettel|köszönöm|köszönettel|szép napot|előre is köszönöm|cu stimă|cu respect|cu drag|mulțumesc|mulțumesc anticipat|o zi bună|numai bine|
με εκτίμηση|φιλικά|χαιρετισμούς|ευχαριστώ|ευχαριστώ εκ των προτέρων|مع أطيب التحيات|مع التحية|تحياتي|شكرا|شكراً|شكرا جزيلا|مع خالص التحية|وتفضلوا بقبول|مع الشكر|בברכה|תודה|תודה רבה|בתודה|trân trọng|thân ái|cảm ơn|xin cảm ơn|hormat saya|salam|terima kasih|salam hangat|
ขอแสดงความนับถือ|ขอบคุณ|ขอบคุณครับ|ขอบคุณค่ะ|s poštovanjem|srdačan pozdrav|lijep pozdrav|pozdrav|hvala|lep pozdrav|lp|s spoštovanjem|hvala lepa|pagarbiai|ačiū|lugupidamisega|aitäh|ar cieņu|paldies|धन्यवाद|सादर|salutacions|gràcies|با احترام|متشکرم|ممنون`)

// greetingWords begin a letter.
var greetingWords = list(`hi|hello|hey|dear|good morning|good afternoon|good evening|good day|greetings|howdy|hiya|to whom it may concern|hallo|hello|liebe|lieber|liebes|sehr geehrte|sehr geehrter|sehr geehrtes|guten tag|guten morgen|guten abend|moin|servus|grüß gott|grüezi|
werte|werter|hochverehrte|bonjour|bonsoir|salut|cher|chère|chers|chères|madame|monsieur|mesdames|coucou|hola|buenos días|buenas tardes|buenas noches|buenas|buen día|estimado|estimada|estimados|estimadas|querido|querida|muy buenas|apreciado|ciao|buongiorno|buonasera|salve|gentile|gentili|
egregio|egregia|spettabile|spett.le|caro|cara|olá|oi|bom dia|boa tarde|boa noite|prezado|prezada|prezados|caro|caros|exmo|exma|exmos|beste|geachte|goedemorgen|goedemiddag|goedenavond|goedendag|dag|hoi|lieve|hej|hejsan|god morgon|god dag|bästa|kære|god morgen|goddag|hei|
kjære|heisann|hei|moi|terve|hyvä|hyvää päivää|hyvää huomenta|arvoisa|cześć|witam|dzień dobry|szanowni|szanowny|szanowna|drogi|droga|dobry wieczór|witajcie|ahoj|dobrý den|dobré ráno|vážený|vážená|vážení|milý|milá|dobrý deň|dobrý večer|здравствуйте|привет|добрый день|доброе утро|
добрый вечер|уважаемый|уважаемая|уважаемые|приветствую|вітаю|привіт|доброго дня|добрий день|шановний|шановна|шановні|здравейте|здрасти|您好|你好|尊敬的|各位好|大家好|敬启者|親愛的|亲爱的|早上好|下午好|こんにちは|こんばんは|お世話になっております|お世話になります|いつもお世話になっております|はじめまして|拝啓|
おはようございます|안녕하세요|안녕하십니까|안녕|merhaba|merhabalar|sayın|selam|iyi günler|günaydın|değerli|szia|sziasztok|tisztelt|kedves|jó napot|jó reggelt|üdv|helló|bună|bună ziua|buna ziua|bună dimineața|stimate|stimată|stimați|dragă|salutare|γεια|γεια σας|γεια σου|καλημέρα|καλησπέρα|
αγαπητέ|αγαπητή|αξιότιμε|αξιότιμοι|مرحبا|مرحباً|أهلا|أهلاً|السلام عليكم|عزيزي|عزيزتي|السيد|السادة|تحية طيبة|صباح الخير|مساء الخير|שלום|היי|בוקר טוב|ערב טוב|לכבוד|xin chào|chào|kính gửi|thân gửi|halo|hai|selamat pagi|selamat siang|selamat sore|selamat malam|yth|สวัสดี|
สวัสดีครับ|สวัสดีค่ะ|เรียน|bok|pozdrav|poštovani|poštovana|dobar dan|dobro jutro|zdravo|živjo|spoštovani|pozdravljeni|sveiki|laba diena|labas|gerbiamas|tere|tere päevast|lugupeetud|labdien|cienījamie|नमस्ते|bon dia|hola|benvolgut|سلام|درود|mabuhay|kumusta|habari`)

// disclaimerWords are said by law departments and virus scanners, not by people. Those behind "!" are their own phrases; the
// others only count beside one of them.
var disclaimerWords = list(`confidential|!intended recipient|!intended only|!intended solely|!intended for the|!named addressee|privileged|!received this e-mail in error|!received this email in error|!received this message in error|!received this in error|
!received this communication in error|!received this transmission in error|!received it in error|unauthorized|unauthorised|strictly prohibited|notify the sender|legally binding|dissemination|registered in england|registered office|viruses|before printing|
vertraulich|!bestimmungsgemäße|!richtige adressat|!vorgesehene empfänger|!irrtümlich erhalten|unbefugt|nicht gestattet|rechtlich geschützt|vernichten sie|handelsregister|amtsgericht|confidentiel|!destinataire|!reçu ce message par erreur|!reçu par erreur|strictement interdite|
confidencial|!destinatario|!por error|prohibid|!destinatário|!por engano|privilegiad|riservat|!destinatari|!per errore|vietat|vertrouwelijk|!geadresseerde|!abusievelijk|niet bestemd|konfidentiell|konfidensiell|fortrolig|!avsedd mottagare|!avsedda mottagaren|!tilsigtede modtager|
!av misstag|!ved en fejl|!ved en feil|luottamuksel|!tarkoitettu vain|poufn|!adresat|!omyłkowo|důvěrn|!omylem|конфиденциальн|!адресат|!по ошибке|конфіденційн|!адресат|!помилково|机密|保密|!误收|!收件人|機密|!誤送|!誤って|기밀|!수신인|gizli|!yanlışlıkla|bizalmas|!címzett|
confidențial|!destinatarul|!din greșeală|εμπιστευτικ|!αποδέκτη|سري|!المرسل إليه|חסוי|!בטעות|bảo mật|!nhầm|rahasia|!penerima yang dituju`)

// firstPerson is what a person says of himself and a law department never does.
var firstPerson = phrasesOf(list(`i|i'm|i’m|my|me|ich|mein|meine|mir|mich|je|j'ai|j’ai|mon|ma|yo|mi|mis|io|mio|mia|eu|meu|minha|ik|mijn|jag|min|jeg|minä|ja|mój|moja|já|můj|я|мой|мне|мой|мій|我|私|저는|제가|ben|benim|εγώ|μου|أنا|אני|tôi|saya`))

// footerWords begin what lists, groups and services put below a mail. Those behind "?" may also begin a wish of the writer
// and count only beside a link.
var footerWords = list(`you received this message because|you are receiving this because|you're receiving this|you are receiving this|?to unsubscribe|?unsubscribe|reply to this email directly or|?view this message|?view this email|?view it on|this email was sent to|this email has been checked|
this message was sent to|?manage your subscription|?update your preferences|?visit this group|?to stop receiving|?to view this discussion|?um sich abzumelden|sie erhalten diese|?abmelden|vous recevez ce|?se désinscrire|?pour vous désabonner|recibe este|?darse de baja|ricevi questa|
?annulla iscrizione|questo messaggio e' stato analizzato|virus-free|virus free|virenfrei|diese e-mail wurde von avast|garanti sans virus|libre de virus|privo di virus|l'absence de virus|virusvrij|deze e-mail is gecontroleerd|please do not print this|please consider the environment|
think green|save a tree|before printing|denken sie an die umwelt|bitte denken sie an die umwelt|bitte prüfen sie der umwelt|pensez à l'environnement|piense en el medio ambiente|pensi all'ambiente|pense no meio ambiente`)

func list(words string) []string {
	var out []string
	for _, w := range strings.Split(strings.ReplaceAll(words, "\n", ""), "|") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}
