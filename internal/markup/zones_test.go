package markup_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kept/internal/markup"
)

// intros are the lines mail programs write above a quote, by language and program. All names and dates are invented.
var intros = map[string]string{
	"English, Gmail":             `On Tue, Mar 4, 2025 at 9:12 AM Maya Lindqvist <maya@shop.example> wrote:`,
	"English, Gmail wrapped":     "On Tue, Mar 4, 2025 at 9:12 AM Maya Lindqvist from the shop\n<maya@shop.example> wrote:",
	"English, Apple Mail":        `On 4 Mar 2025, at 09:12, Maya Lindqvist <maya@shop.example> wrote:`,
	"English, Thunderbird":       `On 04/03/2025 09:12, Maya Lindqvist wrote:`,
	"English, Proton":            `On Tuesday, March 4th, 2025 at 9:12 AM, Maya Lindqvist <maya@shop.example> wrote:`,
	"English, Yahoo":             `On Tuesday, 4 March 2025 at 09:12:45 am GMT, Maya Lindqvist <maya@shop.example> wrote:`,
	"English, Zoho":              `---- On Tue, 04 Mar 2025 09:12:45 +0000 Maya Lindqvist <maya@shop.example> wrote ---`,
	"English, Mutt":              `On Tue, Mar 04, 2025 at 09:12:45AM +0000, Maya Lindqvist wrote:`,
	"English, Gnus":              `Maya Lindqvist <maya@shop.example> writes:`,
	"English, K-9":               "On March 4, 2025 9:12:45 AM GMT+01:00, Maya Lindqvist\n<maya@shop.example> wrote:",
	"English, Horde":             `Quoting Maya Lindqvist <maya@shop.example>:`,
	"English, Front":             `On March 4, 2025 at 9:12 AM GMT maya@shop.example wrote:`,
	"German, Gmail":              `Am Di., 4. März 2025 um 09:12 Uhr schrieb Maya Lindqvist <maya@shop.example>:`,
	"German, Thunderbird":        `Am 04.03.2025 um 09:12 schrieb Maya Lindqvist:`,
	"German, Apple Mail":         `Am 04.03.2025 um 09:12 schrieb Maya Lindqvist <maya@shop.example>:`,
	"German, Gmail reversed":     "Maya Lindqvist <maya@shop.example> schrieb am Di., 4. März 2025,\n09:12:",
	"German, Horde":              `Zitat von Maya Lindqvist <maya@shop.example>:`,
	"French, Gmail":              "Le mar. 4 mars 2025 à 09:12, Maya Lindqvist <maya@shop.example> a écrit\u00a0:",
	"French, Apple Mail":         `Le 4 mars 2025 à 09:12, Maya Lindqvist <maya@shop.example> a écrit :`,
	"French, Roundcube":          `Le 2025-03-04 09:12, Maya Lindqvist a écrit :`,
	"Spanish, Gmail":             `El mar, 4 mar 2025 a las 9:12, Maya Lindqvist (<maya@shop.example>) escribió:`,
	"Spanish, Apple Mail":        `El 4 mar 2025, a las 9:12, Maya Lindqvist <maya@shop.example> escribió:`,
	"Italian, Gmail":             `Il giorno mar 4 mar 2025 alle ore 09:12 Maya Lindqvist <maya@shop.example> ha scritto:`,
	"Italian, Thunderbird":       `Il 04/03/2025 09:12, Maya Lindqvist ha scritto:`,
	"Portuguese, Gmail":          `Em ter., 4 de mar. de 2025 às 09:12, Maya Lindqvist <maya@shop.example> escreveu:`,
	"Portuguese, older Gmail":    `No dia 4 de março de 2025 às 09:12, Maya Lindqvist <maya@shop.example> escreveu:`,
	"Dutch, Gmail":               `Op di 4 mrt 2025 om 09:12 schreef Maya Lindqvist <maya@shop.example>:`,
	"Dutch, Apple Mail":          `Op 4 mrt. 2025, om 09:12 heeft Maya Lindqvist <maya@shop.example> het volgende geschreven:`,
	"Swedish, Gmail":             `Den tis 4 mars 2025 kl 09:12 skrev Maya Lindqvist <maya@shop.example>:`,
	"Swedish, Apple Mail":        `4 mars 2025 kl. 09:12 skrev Maya Lindqvist <maya@shop.example>:`,
	"Danish, Gmail":              `Den tirs. 4. mar. 2025 kl. 09.12 skrev Maya Lindqvist <maya@shop.example>:`,
	"Norwegian, Gmail":           `tir. 4. mars 2025 kl. 09:12 skrev Maya Lindqvist <maya@shop.example>:`,
	"Finnish, Gmail":             `ti 4. maalisk. 2025 klo 9.12 Maya Lindqvist (maya@shop.example) kirjoitti:`,
	"Finnish, Apple Mail":        `Maya Lindqvist <maya@shop.example> kirjoitti 4.3.2025 kello 9.12:`,
	"Polish, Gmail":              `wt., 4 mar 2025 o 09:12 Maya Lindqvist <maya@shop.example> napisał(a):`,
	"Polish, Thunderbird":        `W dniu 4.03.2025 o 09:12, Maya Lindqvist pisze:`,
	"Polish, Apple Mail":         `Wiadomość napisana przez Maya Lindqvist <maya@shop.example> w dniu 4 mar 2025, o godz. 09:12:`,
	"Czech, Gmail":               `út 4. 3. 2025 v 9:12 odesílatel Maya Lindqvist <maya@shop.example> napsal:`,
	"Czech, Thunderbird":         `Dne 04. 03. 25 v 9:12 Maya Lindqvist napsal(a):`,
	"Slovak, Gmail":              `ut 4. 3. 2025 o 9:12 Maya Lindqvist <maya@shop.example> napísal(a):`,
	"Hungarian, Gmail":           `Maya Lindqvist <maya@shop.example> ezt írta (időpont: 2025. márc. 4., K, 9:12):`,
	"Hungarian, Thunderbird":     `2025. 03. 04. 9:12 keltezéssel, Maya Lindqvist írta:`,
	"Romanian, Gmail":            `În mar., 4 mar. 2025 la 09:12, Maya Lindqvist <maya@shop.example> a scris:`,
	"Russian, Gmail":             `вт, 4 мар. 2025 г. в 09:12, Maya Lindqvist <maya@shop.example>:`,
	"Russian, Yandex":            `04.03.2025, 09:12, "Maya Lindqvist" <maya@shop.example>:`,
	"Russian, Thunderbird":       `04.03.2025 09:12, Maya Lindqvist пишет:`,
	"Russian, Mail.ru":           `Вторник, 4 марта 2025, 9:12 +03:00 от Maya Lindqvist <maya@shop.example>:`,
	"Russian, Apple Mail":        `4 марта 2025 г., в 9:12, Maya Lindqvist <maya@shop.example> написал(а):`,
	"Ukrainian, Gmail":           `вт, 4 бер. 2025 р. о 09:12 Maya Lindqvist <maya@shop.example> пише:`,
	"Bulgarian, Gmail":           `На вт, 4.03.2025 г. в 9:12 Maya Lindqvist <maya@shop.example> написа:`,
	"Greek, Gmail":               `Στις Τρί 4 Μαρ 2025 στις 9:12 π.μ., ο χρήστης Maya Lindqvist <maya@shop.example> έγραψε:`,
	"Turkish, Gmail":             `Maya Lindqvist <maya@shop.example>, 4 Mar 2025 Sal, 09:12 tarihinde şunu yazdı:`,
	"Turkish, Thunderbird":       `4.03.2025 09:12 tarihinde Maya Lindqvist yazdı:`,
	"Arabic, Gmail":              `في الثلاثاء، 4 مارس 2025 في 9:12 ص تمت كتابة ما يلي بواسطة ‪Maya Lindqvist‬‏ <‪maya@shop.example‬‏>:`,
	"Hebrew, Gmail":              `‫בתאריך יום ג׳, 4 במרץ 2025 ב-9:12 מאת ‪Maya Lindqvist‬‏ <‪maya@shop.example‬‏>:‬`,
	"Persian, Gmail":             `در تاریخ سه‌شنبه ۴ مارس ۲۰۲۵،‏ ۹:۱۲ Maya Lindqvist <maya@shop.example> نوشت:`,
	"Chinese, simplified Gmail":  `Maya Lindqvist <maya@shop.example> 于2025年3月4日周二 09:12写道：`,
	"Chinese, traditional Gmail": `Maya Lindqvist <maya@shop.example> 於 2025年3月4日 週二 上午9:12寫道：`,
	"Chinese, Apple Mail":        `在 2025年3月4日，09:12，Maya Lindqvist <maya@shop.example> 写道：`,
	"Japanese, Gmail":            `2025年3月4日(火) 9:12 Maya Lindqvist <maya@shop.example>:`,
	"Japanese, Apple Mail":       `2025/03/04 9:12、Maya Lindqvist <maya@shop.example>のメール:`,
	"Korean, Gmail":              `2025년 3월 4일 (화) 오전 9:12, Maya Lindqvist <maya@shop.example>님이 작성:`,
	"Korean, Apple Mail":         `2025. 3. 4. 오전 9:12, Maya Lindqvist <maya@shop.example> 작성:`,
	"Vietnamese, Gmail":          `Vào Th 3, 4 thg 3, 2025 vào lúc 09:12 Maya Lindqvist <maya@shop.example> đã viết:`,
	"Indonesian, Gmail":          `Pada tanggal Sel, 4 Mar 2025 pukul 09.12 Maya Lindqvist <maya@shop.example> menulis:`,
	"Thai, Gmail":                `ในวันที่ อ. 4 มี.ค. 2025 เวลา 09:12 Maya Lindqvist <maya@shop.example> เขียนว่า:`,
	"Croatian, Gmail":            `uto, 4. ožu 2025. u 09:12 Maya Lindqvist <maya@shop.example> napisao je:`,
	"Slovenian, Gmail":           `V V tor., 4. mar. 2025 ob 09:12 je oseba Maya Lindqvist <maya@shop.example> napisala:`,
	"Serbian, Gmail":             `уто, 4. мар 2025. у 09:12 Maya Lindqvist <maya@shop.example> је написао/ла:`,
	"Lithuanian, Gmail":          `2025-03-04, an, 09:12 Maya Lindqvist <maya@shop.example> rašė:`,
	"Latvian, Gmail":             `otrd., 2025. g. 4. marts, plkst. 09:12 — lietotājs Maya Lindqvist (<maya@shop.example>) rakstīja:`,
	"Estonian, Gmail":            `Kuupäev T, 4. märts 2025 kell 09:12 kirjutas Maya Lindqvist <maya@shop.example>:`,
	"Catalan, Gmail":             `Missatge de Maya Lindqvist <maya@shop.example> del dia dt., 4 de març 2025 a les 9:12:`,
	"Hindi, Gmail":               `मंगल, 4 मार्च 2025 को 9:12 am बजे को Maya Lindqvist <maya@shop.example> ने लिखा:`,
	"Icelandic, Gmail":           `Þann þri., 4. mar. 2025 kl. 09:12 skrifaði Maya Lindqvist <maya@shop.example>:`,
}

// headers are the blocks Outlook and its kin write, by language.
var headers = map[string]string{
	"English, Outlook":             "From: Maya Lindqvist <maya@shop.example>\nSent: Tuesday, March 4, 2025 9:12 AM\nTo: Tom Okafor <tom@okafor.example>\nSubject: RE: Order 4711",
	"English, Outlook plain rule":  "________________________________\nFrom: Maya Lindqvist <maya@shop.example>\nSent: 04 March 2025 09:12\nTo: Tom Okafor <tom@okafor.example>\nSubject: Re: Order 4711",
	"English, Outlook wrapped To":  "From: Maya Lindqvist <maya@shop.example>\nSent: 04 March 2025 09:12\nTo: Tom Okafor <tom@okafor.example>; Ada Brandt <ada@okafor.example>;\nIris Costa <iris@okafor.example>\nCc: Help <help@shop.example>\nSubject: Re: Order 4711",
	"English, original message":    "-----Original Message-----\nFrom: Maya Lindqvist\nSent: Tuesday, March 4, 2025 9:12 AM\nTo: Tom\nSubject: Order",
	"English, bold marks":          "*From:* Maya Lindqvist <maya@shop.example>\n*Date:* Tuesday, 4 March 2025 at 09:12\n*To:* Tom Okafor <tom@okafor.example>\n*Subject:* Re: Order 4711",
	"English, Lotus":               "-----Maya Lindqvist/Shop wrote: -----\nTo: Tom Okafor/Okafor@Okafor\nFrom: Maya Lindqvist/Shop\nDate: 03/04/2025 09:12AM\nSubject: Order 4711",
	"German, Outlook":              "Von: Maya Lindqvist <maya@shop.example>\nGesendet: Dienstag, 4. März 2025 09:12\nAn: Tom Okafor <tom@okafor.example>\nBetreff: AW: Bestellung 4711",
	"German, original":             "-----Ursprüngliche Nachricht-----\nVon: Maya Lindqvist\nGesendet: Dienstag, 4. März 2025 09:12\nAn: Tom\nBetreff: Bestellung",
	"German, GMX":                  "Gesendet: Dienstag, 04. März 2025 um 09:12 Uhr\nVon: \"Maya Lindqvist\" <maya@shop.example>\nAn: tom@okafor.example\nBetreff: Re: Bestellung",
	"French, Outlook":              "De : Maya Lindqvist <maya@shop.example>\nEnvoyé : mardi 4 mars 2025 09:12\nÀ : Tom Okafor <tom@okafor.example>\nObjet : RE: Commande 4711",
	"French, original":             "-----Message d'origine-----\nDe : Maya Lindqvist\nEnvoyé : mardi 4 mars 2025\nÀ : Tom\nObjet : Commande",
	"Spanish, Outlook":             "De: Maya Lindqvist <maya@shop.example>\nEnviado: martes, 4 de marzo de 2025 9:12\nPara: Tom Okafor <tom@okafor.example>\nAsunto: RE: Pedido 4711",
	"Spanish, Outlook el":          "De: Maya Lindqvist <maya@shop.example>\nEnviado el: martes, 4 de marzo de 2025 9:12\nPara: Tom Okafor\nCC: Ayuda\nAsunto: RE: Pedido 4711",
	"Italian, Outlook":             "Da: Maya Lindqvist <maya@shop.example>\nInviato: martedì 4 marzo 2025 09:12\nA: Tom Okafor <tom@okafor.example>\nOggetto: R: Ordine 4711",
	"Portuguese, Outlook":          "De: Maya Lindqvist <maya@shop.example>\nEnviada em: terça-feira, 4 de março de 2025 09:12\nPara: Tom Okafor <tom@okafor.example>\nAssunto: RES: Pedido 4711",
	"Dutch, Outlook":               "Van: Maya Lindqvist <maya@shop.example>\nVerzonden: dinsdag 4 maart 2025 09:12\nAan: Tom Okafor <tom@okafor.example>\nOnderwerp: RE: Bestelling 4711",
	"Swedish, Outlook":             "Från: Maya Lindqvist <maya@shop.example>\nSkickat: den 4 mars 2025 09:12\nTill: Tom Okafor <tom@okafor.example>\nÄmne: SV: Order 4711",
	"Danish, Outlook":              "Fra: Maya Lindqvist <maya@shop.example>\nSendt: 4. marts 2025 09:12\nTil: Tom Okafor <tom@okafor.example>\nEmne: SV: Ordre 4711",
	"Finnish, Outlook":             "Lähettäjä: Maya Lindqvist <maya@shop.example>\nLähetetty: tiistai 4. maaliskuuta 2025 9.12\nVastaanottaja: Tom Okafor\nAihe: VS: Tilaus 4711",
	"Polish, Outlook":              "Od: Maya Lindqvist <maya@shop.example>\nWysłano: wtorek, 4 marca 2025 09:12\nDo: Tom Okafor <tom@okafor.example>\nTemat: Odp: Zamówienie 4711",
	"Czech, Outlook":               "Od: Maya Lindqvist <maya@shop.example>\nOdesláno: úterý 4. března 2025 9:12\nKomu: Tom Okafor <tom@okafor.example>\nPředmět: RE: Objednávka 4711",
	"Czech, Seznam":                "---------- Původní e-mail ----------\nOd: Maya Lindqvist <maya@shop.example>\nKomu: tom@okafor.example\nDatum: 4. 3. 2025 9:12:45\nPředmět: Re: Objednávka",
	"Hungarian, Outlook":           "Feladó: Maya Lindqvist <maya@shop.example>\nElküldve: 2025. március 4., kedd 9:12\nCímzett: Tom Okafor\nTárgy: RE: Rendelés 4711",
	"Russian, Outlook":             "От: Maya Lindqvist <maya@shop.example>\nОтправлено: 4 марта 2025 г. 9:12\nКому: Tom Okafor <tom@okafor.example>\nТема: RE: Заказ 4711",
	"Turkish, Outlook":             "Kimden: Maya Lindqvist <maya@shop.example>\nGönderildi: 4 Mart 2025 Salı 09:12\nKime: Tom Okafor <tom@okafor.example>\nKonu: YNT: Sipariş 4711",
	"Greek, Outlook":               "Από: Maya Lindqvist <maya@shop.example>\nΣτάλθηκε: Τρίτη, 4 Μαρτίου 2025 9:12 πμ\nΠρος: Tom Okafor\nΘέμα: RE: Παραγγελία 4711",
	"Chinese, Outlook simplified":  "发件人: Maya Lindqvist <maya@shop.example>\n发送时间: 2025年3月4日 9:12\n收件人: Tom Okafor\n主题: 回复: 订单 4711",
	"Chinese, QQ":                  "------------------ 原始邮件 ------------------\n发件人: \"Maya Lindqvist\" <maya@shop.example>;\n发送时间: 2025年3月4日(星期二) 上午9:12\n收件人: \"Tom\"<tom@okafor.example>;\n主题: Re: 订单",
	"Chinese, Outlook traditional": "寄件者: Maya Lindqvist <maya@shop.example>\n寄件日期: 2025年3月4日 上午 09:12\n收件者: Tom Okafor\n主旨: RE: 訂單 4711",
	"Japanese, Outlook":            "差出人: Maya Lindqvist <maya@shop.example>\n送信日時: 2025年3月4日 9:12\n宛先: Tom Okafor\n件名: RE: 注文 4711",
	"Korean, Outlook":              "보낸 사람: Maya Lindqvist <maya@shop.example>\n보낸 날짜: 2025년 3월 4일 화요일 오전 9:12\n받는 사람: Tom Okafor\n제목: RE: 주문 4711",
	"Arabic, Outlook":              "من: Maya Lindqvist <maya@shop.example>\nتم الإرسال: 04 مارس 2025 09:12 ص\nإلى: Tom Okafor\nالموضوع: RE: طلب 4711",
	"Hebrew, Outlook":              "מאת: Maya Lindqvist <maya@shop.example>\nנשלח: יום שלישי 04 מרץ 2025 09:12\nאל: Tom Okafor\nנושא: RE: הזמנה 4711",
	"Vietnamese, Outlook":          "Từ: Maya Lindqvist <maya@shop.example>\nĐã gửi: 04 Tháng Ba 2025 9:12 SA\nĐến: Tom Okafor\nChủ đề: RE: Đơn hàng 4711",
}

const (
	answer = "Thanks Maya, the kettle arrived.\n\nOne question: is the lid covered by the warranty as well?"
	asked  = "Hello Tom,\n\nyour kettle is on its way and will arrive on Thursday.\n\nMaya"
)

func quote(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }

func TestHistoryIsFoldedInEveryLanguage(t *testing.T) {
	for name, intro := range intros {
		t.Run(name+", marked", func(t *testing.T) { wantVisible(t, answer+"\n\n"+intro+"\n\n"+quote(asked)+"\n", answer) })
		t.Run(name+", unmarked", func(t *testing.T) { wantVisible(t, answer+"\n\n"+intro+"\n\n"+asked+"\n", answer) })
		t.Run(name+", answer below", func(t *testing.T) { wantVisible(t, intro+"\n"+quote(asked)+"\n\n"+answer+"\n", answer) })
		t.Run(name+", CRLF", func(t *testing.T) {
			wantVisible(t, strings.ReplaceAll(answer+"\n\n"+intro+"\n\n"+quote(asked)+"\n", "\n", "\r\n"), answer)
		})
	}
	for name, header := range headers {
		t.Run(name, func(t *testing.T) { wantVisible(t, answer+"\n\n"+header+"\n\n"+asked+"\n", answer) })
	}
}

func wantVisible(t *testing.T, text, want string) {
	t.Helper()
	z := markup.Zones(text)
	wantWhole(t, z)
	if got := z.Visible(); got != want {
		t.Errorf("The reader sees\n%s\n--- and should see\n%s\n--- of\n%s", got, want, text)
	}
}

func wantWhole(t *testing.T, z markup.Zoned) {
	t.Helper()
	at := 0
	for _, p := range z.Zones {
		if p.Start != at || p.End <= p.Start {
			t.Fatalf("The zones leave a gap or overlap at byte %d: %+v", at, z.Zones)
		}
		at = p.End
	}
	if at != len(z.Text) {
		t.Fatalf("The zones end at byte %d of %d.", at, len(z.Text))
	}
}

func TestJoinedZonesAreTheText(t *testing.T) {
	lines := []string{"", " ", "Hello Tom,", "> quoted", ">> twice", answer, "On Tue, Mar 4, 2025 at 9:12 AM Maya <maya@shop.example> wrote:", "--", "-- ", "____",
		"From: Maya <maya@shop.example>", "Sent: today", "To: Tom", "Subject: x", "Best regards", "Tom", "Sent from my iPhone", "---------- Forwarded message ---------",
		"\r", "\u2028", "\xff\xfe", "Le 2025-03-04 09:12, Maya a écrit :", "tom@okafor.example", "+44 20 7946 0000", "This e-mail is confidential and intended solely for the intended recipient.", "> wrote:"}
	rapid.Check(t, func(rt *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 30).Draw(rt, "lines") {
			b.WriteString(rapid.SampledFrom(lines).Draw(rt, "line"))
			b.WriteString(rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\n\n", ""}).Draw(rt, "end"))
		}
		z := markup.Zones(b.String())
		wantWhole(t, z)
		if z.Visible() == "" && strings.Contains(b.String(), "Hello Tom") {
			rt.Fatalf("A message with words in it looks empty: %q", b.String())
		}
	})
}

func TestShortIntroductionsCountOnlyAboveAQuote(t *testing.T) {
	for _, intro := range []string{"Maya wrote:", "maya via Shop Forum wrote:", "2025/3/4 Maya Lindqvist <maya@shop.example>", "Maya Lindqvist schrieb:"} {
		wantVisible(t, answer+"\n\n"+intro+"\n\n"+quote(asked)+"\n", answer)
		wantVisible(t, answer+"\n\n"+intro+"\n\nSee you.\n", answer+"\n\n"+intro+"\n\nSee you.")
	}
}

func TestForwardedMailKeepsWhatTheSenderSays(t *testing.T) {
	said := "Hello, can you help this customer?\n\nTom"
	inner := "From: Iris Costa <iris@costa.example>\nDate: Tue, 4 Mar 2025 at 09:12\nSubject: Broken lid\nTo: Tom Okafor <tom@okafor.example>\n\nThe lid broke on the first day."
	for name, marker := range map[string]string{
		"Gmail": "---------- Forwarded message ---------", "German Gmail": "---------- Weitergeleitete Nachricht ---------", "Thunderbird": "-------- Forwarded Message --------", "German Thunderbird": "-------- Weitergeleitete Nachricht --------",
		"Apple Mail": "Begin forwarded message:\n", "German Apple Mail": "Anfang der weitergeleiteten Nachricht:\n", "French Apple Mail": "Début du message réexpédié :\n", "French Gmail": "---------- Forwarded message ---------", "French": "---------- Message transféré ---------",
		"Spanish": "---------- Mensaje reenviado ---------", "Italian": "---------- Messaggio inoltrato ---------", "Portuguese": "---------- Mensagem encaminhada ---------", "Dutch": "---------- Doorgestuurd bericht ---------", "Polish": "---------- Wiadomość przekazana dalej ---------",
		"Russian": "---------- Пересланное сообщение ---------", "Mail.ru": "-------- Пересылаемое сообщение --------", "Swedish": "---------- Vidarebefordrat meddelande ---------", "Danish": "---------- Videresendt besked ---------", "Japanese": "---------- 転送されたメッセージ ---------", "Chinese": "---------- 转发的邮件 ---------",
		"Proton": "------- Forwarded Message -------", "Finnish": "---------- Välitetty viesti ---------", "Czech": "---------- Přeposlaná zpráva ---------", "Korean": "---------- 전달된 메시지 ---------", "Turkish": "---------- İletilmiş mesaj ---------",
	} {
		t.Run(name, func(t *testing.T) {
			z := markup.Zones(said + "\n\n" + marker + "\n" + inner + "\n")
			wantWhole(t, z)
			if got := z.Visible(); got != said {
				t.Errorf("The reader sees\n%s", got)
			}
			if got := z.Embedded(); got != inner {
				t.Errorf("The mail inside is\n%s", got)
			}
			if last := z.Zones[len(z.Zones)-1]; last.Kind != markup.Forward || last.Folded {
				t.Errorf("A forwarded mail should be shown as such: %+v", z.Zones)
			}
			alone := markup.Zones(marker + "\n" + inner + "\n")
			if got := alone.Visible(); !strings.HasSuffix(got, "first day.") {
				t.Errorf("A mail that only forwards looks like %q", got)
			}
		})
	}
}

func TestNothingTheWriterSaidIsHidden(t *testing.T) {
	intro := intros["English, Apple Mail"]
	for name, c := range map[string]struct {
		text, visible string
		interleaved   bool
	}{
		"answers between quoted lines": {
			"Hello Maya,\n\n" + intro + "\n> Is the lid broken?\n\nYes, in two places.\n\n> Do you want a new one?\n\nPlease.\n\n> Maya\n",
			"Hello Maya,\n\n> Is the lid broken?\n\nYes, in two places.\n\n> Do you want a new one?\n\nPlease.", true},
		"answers without empty lines": {
			intro + "\n> Is the lid broken?\nYes.\n> Do you want a new one?\nPlease.\n", "> Is the lid broken?\nYes.\n> Do you want a new one?\nPlease.", true},
		"words above and below one quote": {
			"See below.\n\n" + intro + "\n\n> Is the lid broken?\n\nYes, it is.\n", "See below.\n\nYes, it is.", false},
		"a quote without a source, then the answer": {"> The lid is guaranteed for two years.\n\nThen I would like a new one.\n", "> The lid is guaranteed for two years.\n\nThen I would like a new one.", false},
		"a quote in the middle of the writer's own": {"Your page says:\n\n> Guaranteed for two years.\n\nMine lasted one.\n", "Your page says:\n\n> Guaranteed for two years.\n\nMine lasted one.", false},
		"only a quote": {"> The lid broke.\n", "> The lid broke.", false},
		"only an introduction below which somebody wrote": {intro + "\n\nThe lid broke.\n", "The lid broke.", false},
		"a journey that looks like a header":              {"Please change my booking:\n\nFrom: Bonn\nTo: Rome\nDate: 4 March 2025\n\nThank you!", "Please change my booking:\n\nFrom: Bonn\nTo: Rome\nDate: 4 March 2025\n\nThank you!", false},
		"a sentence with wrote in it":                     {"On Monday your colleague wrote that I get a refund.\n\nWhere is it?", "On Monday your colleague wrote that I get a refund.\n\nWhere is it?", false},
		"a list behind dashes":                            {"Missing:\n-- the lid\n-- the base\n\nPlease send both.", "Missing:\n-- the lid\n-- the base\n\nPlease send both.", false},
		"a table drawn with dashes":                       {"Item Price\n----------\nLid 4.00\nBase 9.00\n\nIs that right?", "Item Price\n----------\nLid 4.00\nBase 9.00\n\nIs that right?", false},
		"a sentence that begins like a telephone's line":  {"Sent from my desk, because the shop was closed, and never arrived. Why?", "Sent from my desk, because the shop was closed, and never arrived. Why?", false},
		"an order that looks like a header":               {"My order:\nFrom: the shop\nTo: me\nSubject: kettle\n\nis late", "My order:\nFrom: the shop\nTo: me\nSubject: kettle\n\nis late", false},
		"answers below bars":                              {"Date: Tue, 4 Mar 2025 09:12\nFrom: Maya <maya@shop.example>\nMessage-ID: <1@shop.example>\n\n  | Is the lid broken?\n  | Do you want a new one?\n\nYes, please.", "Yes, please.", false},
		"a smile above a header":                          {"I hope\nto :-)\n\n-----Original Message-----\nFrom: Maya\nTo: Tom\nSubject: Lid\n\nBroken?", "I hope\nto :-)", false},
		"a short postscript":                              {"The lid broke.\n\nThanks,\nTom.\n\np.s. I cannot read\nyour letters", "The lid broke.\n\nThanks,\nTom.\n\np.s. I cannot read\nyour letters", false},
		"a wish to leave a list":                          {"Hi,\n\nunsubscribe me from your newsletter, please.", "Hi,\n\nunsubscribe me from your newsletter, please.", false},
		"a request about one's data":                      {"Hello,\n\nunder GDPR I want my data erased. I was not the intended recipient of your confidential letter.", "Hello,\n\nunder GDPR I want my data erased. I was not the intended recipient of your confidential letter.", false},
		"a postscript":                                    {"The lid broke.\n\nThanks,\nTom\n\nPS: you can also call me at +44 20 7946 0000 after six.", "The lid broke.\n\nThanks,\nTom\n\nPS: you can also call me at +44 20 7946 0000 after six.", false},
		"a new address":                                   {"My new address is:\n\nTom Okafor\n12 High Street\n+44 20 7946 0000\ntom@okafor.example", "My new address is:\n\nTom Okafor\n12 High Street\n+44 20 7946 0000\ntom@okafor.example", false},
		"a signature alone":                               {"-- \nTom Okafor\n", "--\nTom Okafor", false},
		"nothing":                                         {"", "", false},
		"only empty lines":                                {"\n \n\r\n", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			wantVisible(t, c.text, c.visible)
			if z := markup.Zones(c.text); z.Interleaved != c.interleaved {
				t.Errorf("interleaved is %v", z.Interleaved)
			}
		})
	}
}

func TestSignaturesAreToldFromWords(t *testing.T) {
	body := "The lid of my kettle broke after two days of use.\nCan I have a new one?"
	for name, c := range map[string]struct{ tail, signed, visible string }{
		"delimiter":               {"-- \nTom Okafor\nOkafor Ltd", "--\nTom Okafor\nOkafor Ltd", ""},
		"closing and name":        {"Kind regards,\nTom", "Kind regards,\nTom", "Kind regards,\nTom"},
		"closing, name, contact":  {"Kind regards,\n\nTom Okafor\nOkafor Ltd\nTel: +44 20 7946 0000\nwww.okafor.example", "Kind regards,\n\nTom Okafor\nOkafor Ltd\nTel: +44 20 7946 0000\nwww.okafor.example", "Kind regards,\n\nTom Okafor\nOkafor Ltd"},
		"contact block":           {"Tom Okafor\nOkafor Ltd\n+44 20 7946 0000\ntom@okafor.example", "Tom Okafor\nOkafor Ltd\n+44 20 7946 0000\ntom@okafor.example", ""},
		"dash and name":           {"-Tom", "-Tom", "-Tom"},
		"drawn line":              {"__________\nTom Okafor\nOkafor Ltd\nwww.okafor.example", "__________\nTom Okafor\nOkafor Ltd\nwww.okafor.example", ""},
		"closing above delimiter": {"Cheers,\nTom\n\n--\nTom Okafor\nOkafor Ltd", "Cheers,\nTom\n\n--\nTom Okafor\nOkafor Ltd", "Cheers,\nTom"},
		"German":                  {"Mit freundlichen Grüßen\nJana Weiß", "Mit freundlichen Grüßen\nJana Weiß", "Mit freundlichen Grüßen\nJana Weiß"},
		"Japanese":                {"よろしくお願いいたします。\n田中", "よろしくお願いいたします。\n田中", "よろしくお願いいたします。\n田中"},
	} {
		t.Run(name, func(t *testing.T) {
			z := markup.Zones(body + "\n\n" + c.tail + "\n")
			wantWhole(t, z)
			if got := z.Signed(); got != c.signed {
				t.Errorf("signed %q", got)
			}
			if got := z.Visible(); got != strings.TrimSpace(body+"\n\n"+c.visible) {
				t.Errorf("visible %q", got)
			}
		})
	}
}

func TestTelephonesSignInManyLanguages(t *testing.T) {
	for _, l := range []string{"Sent from my iPhone", "Sent from my Galaxy", "Sent from Outlook for Android", "Get Outlook for iOS<https://aka.example/o0ukef>", "Sent from Yahoo Mail on Android", "Sent from Mail for Windows", "Sent with Proton Mail secure email.", "Sent via BlackBerry from T-Mobile",
		"Von meinem iPhone gesendet", "Gesendet von meinem Galaxy", "Gesendet mit der GMX Mail App", "Von meinem Samsung Galaxy Smartphone gesendet.", "Envoyé de mon iPhone", "Envoyé depuis mon mobile", "Envoyé à partir de Outlook pour iOS", "Enviado desde mi iPhone", "Enviado do meu iPhone", "Enviado de Outlook para Android", "Inviato da iPhone", "Inviato dal mio telefono",
		"Verstuurd vanaf mijn iPhone", "Verzonden vanuit Outlook voor iOS", "Skickat från min iPhone", "Sendt fra min iPhone", "Lähetetty iPhonesta", "Wysłane z iPhone'a", "Odesláno z iPhonu", "Odoslané z iPhonu", "Отправлено с iPhone", "Отправлено из мобильной Яндекс Почты", "Надіслано з iPhone", "iPhoneから送信", "发自我的iPhone", "從我的 iPhone 傳送", "나의 iPhone에서 보냄",
		"iPhone'umdan gönderildi", "Στάλθηκε από το iPhone μου", "Trimis de pe iPhone-ul meu", "Poslano z mojega iPhone", "Küldve az iPhone-omról", "أرسلت من الـ iPhone", "‏נשלח מה-iPhone שלי", "Đã gửi từ iPhone của tôi", "Dikirim dari iPhone saya", "ส่งจาก iPhone ของฉัน", "Enviat des del meu iPhone"} {
		wantVisible(t, answer+"\n\n"+l+"\n", answer)
		wantVisible(t, answer+"\n\n"+l+"\n\n"+intros["German, Gmail"]+"\n\n"+quote(asked), answer)
	}
}

func TestGreetingsAndDisclaimersAreNamed(t *testing.T) {
	for _, hello := range []string{"Hi Maya,", "Dear Sir or Madam,", "Hello!", "Sehr geehrte Frau Lindqvist,", "Guten Tag", "Bonjour,", "Chère Maya,", "Hola Maya:", "Buongiorno Maya,", "Olá Maya,", "Beste Maya,", "Hej Maya!", "Cześć,", "Dzień dobry,", "Dobrý den,", "Здравствуйте, Майя!", "Добрый день!", "您好，", "こんにちは。", "안녕하세요,", "Merhaba,", "Γεια σας,", "مرحبا،", "שלום,", "Xin chào,"} {
		z := markup.Zones(hello + "\n\n" + body2 + "\n")
		if z.Zones[0].Kind != markup.Greeting || z.Zones[0].Folded {
			t.Errorf("%q greets: %+v", hello, z.Zones)
		}
	}
	law := "This e-mail and any attachments are confidential and intended solely for the intended recipient. If you have received this email in error, please notify the sender and delete it."
	z := markup.Zones("Hi Maya,\n\n" + body2 + "\n\nTom\n\n" + law + "\n")
	if last := z.Zones[len(z.Zones)-1]; last.Kind != markup.Disclaimer || !last.Folded {
		t.Errorf("The law department speaks: %+v", z.Zones)
	}
	wantVisible(t, "I must keep this confidential, please. My order is late.\n", "I must keep this confidential, please. My order is late.")
}

const body2 = "The lid broke. Can I have a new one?"
