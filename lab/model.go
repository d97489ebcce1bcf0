package lab

import "errors"

func newModelWorld(profile string, obs Observer) (World, error) {
	return nil, errors.New("model: not built yet")
}
