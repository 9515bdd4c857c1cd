//go:build ui

package ui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Desk holds the built agent workspace: index.html, its assets, and a .br and .gz twin of each file worth compressing.
var Desk = must(fs.Sub(dist, "dist"))

func must(tree fs.FS, err error) fs.FS {
	if err != nil {
		panic(err) // the folder is compiled in: it cannot be missing at run time
	}
	return tree
}
