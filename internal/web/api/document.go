package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// document adds to the description what is not an ordinary operation.
func (a *API) document() {
	o := a.huma.OpenAPI()
	change := o.Components.Schemas.Schema(reflect.TypeFor[Change](), true, "Change")
	o.AddOperation(&huma.Operation{
		OperationID: "get-stream", Method: "GET", Path: "/stream", Tags: []string{"conversations"}, Summary: "What happens, as Server-Sent Events",
		Description: "event hello {position} comes first, then event change for everything that happens at the desks you see, with the position as id. " +
			"Resume with Last-Event-ID or ?after=position. event reset {position, why} says: load afresh. A comment comes every 25 s.",
		Parameters: []*huma.Param{
			{Name: "after", In: "query", Schema: &huma.Schema{Type: "string"}, Description: "A position, such as boot gives."},
			{Name: "Last-Event-ID", In: "header", Schema: &huma.Schema{Type: "string"}},
		},
		Responses: map[string]*huma.Response{"200": {Description: "A stream; the data of each change is a Change.",
			Content: map[string]*huma.MediaType{"text/event-stream": {Schema: change}}}},
	})
	o.AddOperation(&huma.Operation{
		OperationID: "get-openapi", Method: "GET", Path: "/openapi.json", Tags: []string{"sign-in"}, Summary: "This document",
		Security:  []map[string][]string{{}},
		Responses: map[string]*huma.Response{"200": {Description: "OpenAPI 3.1"}},
	})
}
