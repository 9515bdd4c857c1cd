package main

type mailCmd struct {
}
