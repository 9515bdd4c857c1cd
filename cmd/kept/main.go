// Command kept is the whole of Kept: the server, a demo desk, and tools for whoever runs it.
//
//	kept serve      the desk: browser workspace, API, mail in and out, clocks
//	kept demo       a desk of invented people to look around in; nothing leaves the machine
//	kept mail …     import old mail, or show what a mail says
//	kept user …     people with a seat
//	kept check      whether all is well: nobody waits without a promise, nothing is lost
//	kept openapi    the description of the API
//
// Settings come as flags or as KEPT_… in the environment; everything else is set in the product. All wiring is in serve.go.
package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"kept/internal/fault"
)

// version is set by the build; without it the module's version is told.
var version = ""

type commands struct {
	Serve   serveCmd   `cmd:"" help:"Run the desk."`
	Demo    demoCmd    `cmd:"" help:"Run a desk of invented people, to look around in. Nothing leaves this machine."`
	Mail    mailCmd    `cmd:"" help:"Import old mail, or show what a mail says."`
	User    userCmd    `cmd:"" help:"People with a seat."`
	Check   checkCmd   `cmd:"" help:"Ask whether all is well: nobody waits without a promise, nothing is lost."`
	Seed    seedCmd    `cmd:"" help:"Invent conversations, in any number, to see how Kept behaves when it has grown."`
	Bench   benchCmd   `cmd:"" help:"Measure how fast this desk is. Writes mails and answers: use a seeded desk or a copy."`
	OpenAPI openapiCmd `cmd:"" name:"openapi" help:"Print the description of the API (OpenAPI 3.1)."`
	Version versionCmd `cmd:"" help:"Print the version."`

	LogLevel string `env:"KEPT_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"How much to log: debug, info, warn, error."`
}

// streams are where a command writes to and reads from.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	syscall.Umask(0o077) // databases, mails and keys are for this user alone, also in a folder that others may enter
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// An exit ends the program with a code and without a further word.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func run(args []string, s streams) int {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("kept"), kong.Description("The desk that keeps its promises."), kong.UsageOnError(),
		kong.Writers(s.out, s.err), kong.Exit(func(c int) { panic(exit(c)) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // the commands above are wrong: no user can mend that
	}
	return guarded(func() int {
		ctx, err := parser.Parse(args)
		if err != nil {
			parser.FatalIfErrorf(err)
		}
		var level slog.Level
		level.UnmarshalText([]byte(cli.LogLevel)) // kong checked it
		slog.SetDefault(slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level})))
		return told(ctx.Run(s), s.err)
	})
}

// guarded turns kong's way to leave (help, a wrong flag) into an exit code.
func guarded(fn func() int) (code int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exit:
			code = int(p)
		default:
			panic(p)
		}
	}()
	return fn()
}

// told prints a failure as one sentence; what is no fault is printed with its cause, for it is ours.
func told(err error, w io.Writer) int {
	var e exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return int(e)
	case fault.Sentence(err) != "":
		fmt.Fprintln(w, "kept: "+fault.Sentence(err))
		for _, f := range fault.Fields(err) {
			if f.Sentence != fault.Sentence(err) {
				fmt.Fprintf(w, "  %s: %s\n", f.Name, f.Sentence)
			}
		}
		slog.Debug("the cause", "err", err)
	default:
		fmt.Fprintf(w, "kept: %v\n", err)
	}
	return 1
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "kept "+versionText())
	return err
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
