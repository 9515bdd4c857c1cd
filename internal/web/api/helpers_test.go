package api_test

import (
	"net/url"
	"strconv"
)

func number(f float64) string { return strconv.FormatInt(int64(f), 10) }

func query(s string) string { return url.QueryEscape(s) }
