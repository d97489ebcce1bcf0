package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manualCommand writes the man pages, from the same words as --help. Packages are built with it.
func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "write the man pages to a directory", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true // no date: the same source gives the same pages
			return doc.GenManTree(root, &doc.GenManHeader{Title: "FOURWAVE", Section: "1", Source: "fourwave",
				Manual: "fourwave"}, args[0])
		},
	}
}
