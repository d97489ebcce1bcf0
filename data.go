package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"fourwave/store"
)

// dataFlag adds --data, which says where a server keeps what must survive it.
func dataFlag(cmd *cobra.Command, address *string) {
	cmd.Flags().StringVar(address, "data", "",
		"where labs and classes are kept: a directory, postgres://…, or :memory: (default "+shownDataDir()+")")
}

// dataAddress is where the data are when --data says nothing: XDG_DATA_HOME/fourwave.
func dataAddress(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	dir, err := dataDir()
	if err != nil {
		return "", fmt.Errorf("there is no home for data (%w): say --data DIR, or --data :memory: to keep nothing", err)
	}
	return dir, nil
}

func dataDir() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "fourwave"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "share", "fourwave"), nil
}

func shownDataDir() string { return filepath.Join("$XDG_DATA_HOME", "fourwave") }

// openStore opens what --data says. Where it says nothing and the default cannot be had, because
// another server has it or there is no home to write in, the server keeps what it makes in memory,
// and says so: a second server on one machine is no mistake.
func openStore(ctx context.Context, flag string, log *slog.Logger) (store.Store, error) {
	address, err := dataAddress(flag)
	if err == nil {
		var s store.Store
		if s, err = store.Open(ctx, address); err == nil {
			return s, nil
		}
	}
	if flag != "" || errors.Is(err, store.ErrNewer) {
		return nil, dataError(err)
	}
	log.Warn("nothing that is made here outlives this server: give it a place with --data DIR", "err", err)
	return store.NewMemory(), nil
}

// dataHome is the directory of --data, for commands that work on files.
func dataHome(flag string) (string, error) {
	address, err := dataAddress(flag)
	switch {
	case err != nil:
		return "", err
	case store.IsPostgres(address):
		return "", errors.New("--data is PostgreSQL's: back it up with pg_dump and restore it with pg_restore")
	case address == ":memory:":
		return "", errors.New("--data :memory: keeps nothing")
	}
	return address, nil
}

func backupCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "copy the data to a file, also while the server runs", Args: cobra.ExactArgs(1),
		Long: "Writes a consistent copy of the database to a new file. The server may run and write meanwhile;\n" +
			"what it acknowledged before the backup began is in the file.",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := dataHome(data)
			if err != nil {
				return err
			}
			return dataError(store.Backup(cmd.Context(), dir, args[0]))
		},
	}
	dataFlag(cmd, &data)
	return cmd
}

func restoreCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "put a backup in the place of the data", Args: cobra.ExactArgs(1),
		Long: "Checks a file that fourwave backup wrote and puts it in the place of the database. The server must\n" +
			"not run. What was there before is gone: back it up first.",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := dataHome(data)
			if err != nil {
				return err
			}
			return dataError(store.Restore(cmd.Context(), args[0], dir))
		},
	}
	dataFlag(cmd, &data)
	return cmd
}

// dataError is an error of the store with what to do about it.
func dataError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrInUse):
		err = fmt.Errorf("%w: end it first", err)
	case errors.Is(err, store.ErrNewer):
		err = fmt.Errorf("%w: run the newer fourwave", err)
	}
	return &statusError{exitCannot, oneLine{err}}
}
