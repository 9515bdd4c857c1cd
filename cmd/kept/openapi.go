package main

import (
	"kept/internal/web/api"
)

type openapiCmd struct{}

// Run prints the description of the API. It needs no desk: the description follows from the code alone.
func (openapiCmd) Run(s streams) error {
	_, err := s.out.Write(append(api.New(api.Deps{Version: versionText()}).Document(), '\n'))
	return err
}
