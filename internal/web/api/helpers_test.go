package api_test

import "strconv"

func number(f float64) string { return strconv.FormatInt(int64(f), 10) }
