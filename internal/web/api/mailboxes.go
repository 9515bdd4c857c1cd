package api

func (a *API) registerMailboxes() {}
