package main

type demoCmd struct {
	Config
}

func (c *demoCmd) Run(s streams) error { return nil }
