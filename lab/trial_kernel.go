package lab

import "context"

func openKernelTrials(ctx context.Context) trialWorld { return noKernel{} }

type noKernel struct{}

func (noKernel) close() {}
func (noKernel) try(_ context.Context, b []*situation) ([]TrialResult, error) {
	return noTrials(len(b), "the kernel world makes no trials yet"), nil
}
