package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fourwave/api/doc"
	"fourwave/internal/term"
	"fourwave/internal/text"
	"fourwave/population"
)

type populationOptions struct {
	doc.PopulationRequest
	sysctls []string
	json    bool
	lang    string
}

func populationCommand() *cobra.Command {
	var opts populationOptions
	cmd := &cobra.Command{
		Use:   "population --rate N",
		Short: "say when a client runs out of ports, with how many TIME-WAITs",
		Long: "Counts a client that opens N connections a second: when its ports run out, how many TIME-WAITs that\n" +
			"leaves and where, how much memory they take, under which rule, and what would help.\n\n" +
			"Exit status: 0 the ports last, 1 they run out, 2 wrong usage.",
		Example: "  fourwave population --rate 500\n" +
			"  fourwave population --rate 500 --range 1024-65535 --destinations 2 --for 1h\n" +
			"  fourwave population --rate 5000 --sysctl tcp_tw_reuse=1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return countPopulation(cmd, opts) },
	}
	f := cmd.Flags()
	f.Float64Var(&opts.Rate, "rate", 0, "connections a second")
	f.StringVar(&opts.Profile, "profile", "linux", "whose rules: linux, rfc9293")
	f.StringVar(&opts.Range, "range", "", "the client's ports (default: ip_local_port_range, 32768-60999)")
	f.IntVar(&opts.Destinations, "destinations", 1, "addresses and ports that the connections go to")
	f.IntVar(&opts.Addresses, "addresses", 1, "the client's own addresses")
	f.StringVar(&opts.Closer, "closer", "client", "who closes first: client, server")
	f.StringVar(&opts.Bind, "bind", "connect",
		"who chooses the port: connect; port-0 (bind to port 0); no-port (IP_BIND_ADDRESS_NO_PORT)")
	f.BoolVar(&opts.Loopback, "loopback", false, "client and server are on one machine")
	f.StringVar(&opts.Open, "open", "100ms", "from connect to the first close")
	f.StringVar(&opts.RTT, "rtt", "2ms", "round-trip time")
	f.StringVar(&opts.For, "for", "5m", "how long to look")
	f.StringSliceVar(&opts.sysctls, "sysctl", nil,
		"a setting as `KEY=VALUE`, by its name in /proc/sys/net/ipv4; may be given again")
	f.BoolVar(&opts.Walk, "walk", false, "take every connection through the state machine too, and show one")
	f.BoolVar(&opts.json, "json", false, "print the document of POST /v1/populations")
	f.StringVar(&opts.lang, "lang", systemLanguage(), "language, en or zh")
	return cmd
}

func countPopulation(cmd *cobra.Command, opts populationOptions) error {
	if opts.lang != "en" && opts.lang != "zh" {
		return fmt.Errorf("--lang: %q is neither en nor zh", opts.lang)
	}
	if !cmd.Flags().Changed("rate") {
		return errors.New("--rate is required: how many connections a second the client opens, as in --rate 500")
	}
	for _, s := range opts.sysctls {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("--sysctl: %q is not KEY=VALUE", s)
		}
		if opts.Sysctls == nil {
			opts.Sysctls = make(map[string]string)
		}
		opts.Sysctls[strings.TrimPrefix(strings.TrimSpace(key), "net.ipv4.")] = strings.TrimSpace(value)
	}
	p, err := population.Answer(opts.PopulationRequest, opts.lang)
	var wrong *population.Error
	if errors.As(err, &wrong) {
		flag, key, _ := strings.Cut(wrong.Field, "/")
		if key != "" {
			flag, wrong.Detail = "sysctl", key+": "+wrong.Detail
		}
		return fmt.Errorf("--%s: %s", flag, text.Clean(wrong.Detail))
	} else if err != nil {
		return &statusError{exitCannot, err}
	}
	if opts.json {
		err = doc.Write(cmd.OutOrStdout(), p)
	} else {
		to := term.Of(cmd.OutOrStdout())
		err = population.Write(cmd.OutOrStdout(), p, population.WriteOptions{Lang: opts.lang, Width: to.Width,
			Color: to.Color})
	}
	switch {
	case err != nil:
		return &statusError{exitCannot, err}
	case p.RunsOut != "":
		return &statusError{exitDiffers, nil}
	}
	return nil
}
