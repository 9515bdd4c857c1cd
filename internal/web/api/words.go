package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"kept/internal/web"
)

// speakPlainly gives the validator our words and our kind of problem. huma keeps both in package variables, so it happens once.
var speakPlainly = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError { return refused(status, msg, errs) }
	for message, words := range map[*string]string{
		&validation.MsgUnexpectedProperty:            "There is no such field here. Check its spelling, or leave it out.",
		&validation.MsgExpectedRFC3339DateTime:       "Write a time as in 2026-03-09T14:00:00Z.",
		&validation.MsgExpectedRFC3339Date:           "Write a date as in 2026-03-09.",
		&validation.MsgExpectedBoolean:               "Write true or false.",
		&validation.MsgExpectedNumber:                "Write a number.",
		&validation.MsgExpectedInteger:               "Write a whole number.",
		&validation.MsgExpectedString:                "Write text, in quotes.",
		&validation.MsgExpectedArray:                 "Write a list, in square brackets.",
		&validation.MsgExpectedObject:                "Write an object, in curly brackets.",
		&validation.MsgExpectedOneOf:                 "Choose one of \"%s\".",
		&validation.MsgExpectedMinimumNumber:         "Write a number of at least %v.",
		&validation.MsgExpectedMaximumNumber:         "Write a number of at most %v.",
		&validation.MsgExpectedMinLength:             "Write at least %d characters.",
		&validation.MsgExpectedMaxLength:             "Write at most %d characters.",
		&validation.MsgExpectedMinItems:              "Give at least %d.",
		&validation.MsgExpectedMaxItems:              "Give at most %d.",
		&validation.MsgExpectedRequiredProperty:      "The field %s is missing.",
		&validation.MsgExpectedMatchPattern:          "This is not in the form %s.",
		&validation.MsgExpectedBePattern:             "This is not %s.",
		&validation.MsgExpectedArrayItemsUnique:      "Give each of them once.",
		&validation.MsgExpectedMatchAtLeastOneSchema: "This fits none of the forms that are possible here.",
	} {
		*message = words
	}
})

// refused turns what huma found wrong into a problem with one sentence per field.
func refused(status int, msg string, errs []error) *web.Problem {
	p := web.Refuse(status, msg)
	for _, err := range errs[:min(len(errs), mostErrors)] {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return web.Refuse(http.StatusRequestEntityTooLarge, tooLarge)
		}
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			if strings.Contains(detail.Message, "request body too large") { // huma keeps the words of a broken upload only
				return web.Refuse(http.StatusRequestEntityTooLarge, tooLarge)
			}
			p.Errors = append(p.Errors, missing(web.ProblemField{Location: detail.Location, Message: plain(detail.Message)}))
		}
	}
	p.Detail = summary(status, msg, p.Errors)
	return p
}

// mostErrors is how many problems of one request are told: nobody mends more at once, and an answer must not outgrow its question.
const mostErrors = 50

// missing puts "a field is missing" where the field would be: a form shows the sentence beside it.
func missing(f web.ProblemField) web.ProblemField {
	rest, is := strings.CutPrefix(f.Message, "The field ")
	field, is2 := strings.CutSuffix(rest, " is missing.")
	if is && is2 {
		return web.ProblemField{Location: f.Location + "." + field, Message: "This is missing."}
	}
	return f
}

const tooLarge = "That is too large for this address. Send less, or send files to /api/v1/attachments one by one."

func summary(status int, msg string, fields []web.ProblemField) string {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return tooLarge
	case status == http.StatusRequestTimeout:
		return "The request took too long to arrive. Try again."
	case status == http.StatusUnsupportedMediaType:
		return "Send JSON, with Content-Type: application/json."
	case len(fields) == 0 && strings.HasPrefix(msg, "request body is required"):
		return "This request needs a JSON body."
	case len(fields) == 0:
		return msg
	case len(fields) == 1:
		return name(fields[0].Location) + fields[0].Message
	}
	return fmt.Sprintf("%d fields need mending. The first: %s%s", len(fields), name(fields[0].Location), fields[0].Message)
}

// name leaves out where the field travels: readers think of "email", not of "body.email".
func name(location string) string {
	_, field, ok := strings.Cut(location, ".")
	if !ok {
		return ""
	}
	return field + ": "
}

// plain says in our words what huma says in its own and offers no variable for.
func plain(message string) string {
	switch {
	case strings.HasPrefix(message, "invalid integer"):
		return "Write a whole number."
	case strings.HasPrefix(message, "invalid boolean"):
		return "Write true or false."
	case strings.HasPrefix(message, "invalid date/time"):
		return "Write a time as in 2026-03-09T14:00:00Z."
	case strings.HasPrefix(message, "required ") && strings.HasSuffix(message, "parameter is missing"):
		return "This is missing."
	case strings.HasPrefix(message, "cannot read multipart form"):
		return "Send the file as multipart/form-data, in a field called file."
	case strings.HasPrefix(message, "unknown content type"):
		return "Send JSON, with Content-Type: application/json."
	}
	return message
}

var (
	errNotUTF8 = errors.New("The text is not valid UTF-8. Encode it as UTF-8 and send it again.")
	errMany    = errors.New("This request holds far more values than any request here needs. Send less at once.")
	errNUL     = errors.New("The text holds a NUL character (U+0000), which cannot be kept. Leave it out and send it again.")
)

// unmarshal reads a body. Text is stored as it was sent, so the two things a database cannot store are refused with a sentence
// rather than changed in silence.
func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errNotUTF8
	}
	if err := json.Unmarshal(data, v); err != nil {
		return jsonSentence(err)
	}
	if tree, ok := v.(*any); ok && values(*tree, mostValues) < 0 {
		return errMany
	}
	if tree, ok := v.(*any); ok && strings.Contains(string(data), `\u0000`) && holdsNUL(*tree) {
		return errNUL
	}
	return nil
}

// mostValues is how many values one body may hold. The validator speaks about every wrong one: two megabytes of them took it seconds.
const mostValues = 10_000

// values takes what a tree holds from left; it is negative where the tree holds more.
func values(v any, left int) int {
	left--
	switch v := v.(type) {
	case []any:
		for i := 0; i < len(v) && left >= 0; i++ {
			left = values(v[i], left)
		}
	case map[string]any:
		for _, x := range v {
			if left = values(x, left); left < 0 {
				break
			}
		}
	}
	return left
}

func jsonSentence(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("This is not JSON: %s at character %d.", strings.TrimPrefix(syntax.Error(), "json: "), syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("The field %s should be %s, not %s.", kind.Field, kind.Type, kind.Value)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("This is not JSON: it ends too early.")
	}
	return errors.New("This is not JSON.")
}

func holdsNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.ContainsRune(v, 0)
	case []any:
		for _, x := range v {
			if holdsNUL(x) {
				return true
			}
		}
	case map[string]any:
		for k, x := range v {
			if strings.ContainsRune(k, 0) || holdsNUL(x) {
				return true
			}
		}
	}
	return false
}
