// Command example restarts a server too early, and asks why its port is taken: go run ./client/example [URL]
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"fourwave/api/doc"
	"fourwave/client"
)

func main() {
	base := "http://127.0.0.1:8080"
	if len(os.Args) > 1 {
		base = os.Args[1]
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := show(ctx, client.New(base)); err != nil {
		log.Fatal(err)
	}
}

func show(ctx context.Context, c *client.Client) error {
	lab, err := c.CreateLab(ctx, &doc.LabRequest{Experiment: "plain-restart", Worlds: []string{"model"}}, 10*time.Second)
	if err != nil {
		return err
	}
	for _, step := range lab.Steps {
		result := step.Results["model"]
		fmt.Println(step.Text, "=", result.Result)
		if result.Why != nil {
			fmt.Println("  " + result.Why.Text)
		}
	}
	states := 0
	for event, err := range c.Events(ctx, lab.ID) {
		if err != nil {
			return err
		}
		if event.Kind == "state" {
			states++
		}
	}
	fmt.Println(states, "changes of state")

	_, err = c.CreateLab(ctx, &doc.LabRequest{Script: "+0 server bnid l :7865"}, 0)
	var refused *client.Error
	if !errors.As(err, &refused) {
		return err
	}
	fmt.Println("refused:", refused.Status, refused.Problem.Errors[0].Detail)
	return c.Delete(ctx, lab.ID)
}
