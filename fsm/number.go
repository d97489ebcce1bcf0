package fsm

// stateNo and eventNo number the words of States and Events. They are switches and not maps since
// every segment asks them; a test holds them to the order of the lists.

func stateNo(s State) int {
	switch s {
	case Closed:
		return 0
	case Listen:
		return 1
	case SynSent:
		return 2
	case SynReceived:
		return 3
	case Established:
		return 4
	case FinWait1:
		return 5
	case FinWait2:
		return 6
	case CloseWait:
		return 7
	case Closing:
		return 8
	case LastAck:
		return 9
	case TimeWait:
		return 10
	}
	return 15
}

func eventNo(e Event) int {
	switch e {
	case UserPassiveOpen:
		return 0
	case UserActiveOpen:
		return 1
	case UserSend:
		return 2
	case UserReceive:
		return 3
	case UserClose:
		return 4
	case UserCloseUnread:
		return 5
	case UserAbort:
		return 6
	case RcvSYN:
		return 7
	case RcvSYNPassive:
		return 8
	case RcvSYNACK:
		return 9
	case RcvSYNReopens:
		return 10
	case RcvRST:
		return 11
	case RcvRSTPassive:
		return 12
	case RcvRSTRefuses:
		return 13
	case RcvRSTInWindow:
		return 14
	case RcvRSTOutside:
		return 15
	case RcvRSTIgnored:
		return 16
	case RcvACK:
		return 17
	case RcvACKOfSYN:
		return 18
	case RcvACKOfFIN:
		return 19
	case RcvACKOfUnsent:
		return 20
	case RcvData:
		return 21
	case RcvDataACKOfSYN:
		return 22
	case RcvDataACKOfFIN:
		return 23
	case RcvFIN:
		return 24
	case RcvFINACKOfSYN:
		return 25
	case RcvFINACKOfFIN:
		return 26
	case RcvOld:
		return 27
	case RcvOldACKOfSYN:
		return 28
	case RcvOldACKOfFIN:
		return 29
	case RcvAhead:
		return 30
	case RcvAheadACKOfSYN:
		return 31
	case RcvAheadACKOfFIN:
		return 32
	case RcvNoReader:
		return 33
	case RcvOldFIN:
		return 34
	case RcvUnacceptable:
		return 35
	case RcvNoACK:
		return 36
	case RcvRSTMini:
		return 37
	case RcvRSTOutsideMini:
		return 38
	case RcvSYNMini:
		return 39
	case RcvSYNAgain:
		return 40
	case Timeout2MSL:
		return 41
	case TimeoutRetransmit:
		return 42
	case TimeoutUser:
		return 43
	case TimeoutFinWait2:
		return 44
	case TimeoutDelayedACK:
		return 45
	}
	return 63
}
