package api

func (a *API) registerMail()      {}
func (a *API) registerMailboxes() {}
