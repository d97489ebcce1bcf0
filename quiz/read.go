package quiz

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"fourwave/fsm"
)

// What students write is read here: width, case, dashes, invisible characters and the words around
// an answer make no difference.

var invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "")

// leads are what may stand before an answer.
var leads = []string{
	"the answer is", "my answer is", "answer is", "answer", "option", "choice", "i choose", "it is", "in", "答案是",
	"答案为", "答案", "我选择", "我选", "选项", "选择", "选", "处于", "状态是", "应该是", "是",
}

// bare takes off an answer, already plain, what stands before it.
func bare(g string) string {
	for _, lead := range leads {
		rest, ok := strings.CutPrefix(g, lead)
		if !ok || rest == "" {
			continue
		}
		ascii := lead[0] < 0x80
		if trimmed := strings.TrimLeft(rest, " :=-"); trimmed != "" && (trimmed != rest || !ascii) {
			return trimmed
		}
	}
	return g
}

// compactStates are the states without their hyphens.
var compactStates = func() map[string]fsm.State {
	m := map[string]fsm.State{
		"estab": fsm.Established, "synrecv": fsm.SynReceived, "synrcvd": fsm.SynReceived, "finwait": "",
	}
	for _, s := range fsm.States {
		m[compact(strings.ToLower(string(s)))] = s
	}
	return m
}()

var separators = strings.NewReplacer("-", "", " ", "", "_", "")

func compact(s string) string { return separators.Replace(s) }

var glossed = regexp.MustCompile(`\s*\([^()]*\)\s*$`)

// readState reads a state in any tool's spelling.
func readState(g string) (fsm.State, bool) {
	g = strings.TrimPrefix(
		strings.TrimPrefix(glossed.ReplaceAllString(g, ""), "tcp-"), "tcp_",
	) // the kernel's TCP_TIME_WAIT
	for _, suffix := range []string{"state", "状态"} {
		g = strings.TrimRight(strings.TrimSuffix(g, suffix), " -_")
	}
	if s, ok := compactStates[compact(g)]; ok && s != "" {
		return s, true
	}
	return fsm.ParseState(strings.ReplaceAll(g, " ", "-"))
}

var (
	yesWords = []string{
		"yes", "y", "yep", "yeah", "true", "ok", "okay", "succeeds", "success", "it succeeds", "it does",
		"yes it does", "yes, it does", "yes it succeeds", "yes, it succeeds", "会", "会的", "会成功", "能", "能的", "能成功",
		"可以", "可以的", "行", "是", "是的", "对", "对的", "成功", "正确", "真", "没问题",
	}
	noWords = []string{
		"no", "n", "nope", "false", "fails", "fail", "failure", "it fails", "it does not", "no it does not",
		"no, it does not", "no it fails", "no, it fails", "doesn't", "it doesn't", "不", "不会", "不会的", "不会成功", "不能",
		"不能成功", "不可以", "不行", "不是", "不是的", "不对", "否", "失败", "错", "错误", "假", "不成功",
	}
	errnoTexts = map[string]fsm.Errno{
		"address already in use": fsm.EADDRINUSE, "address in use": fsm.EADDRINUSE,
		"地址已被使用": fsm.EADDRINUSE, "地址已在使用": fsm.EADDRINUSE,
		"cannot assign requested address": fsm.EADDRNOTAVAIL, "connection refused": fsm.ECONNREFUSED,
		"连接被拒绝": fsm.ECONNREFUSED, "permission denied": fsm.EACCES,
		"invalid argument": fsm.EINVAL, "connection reset by peer": fsm.ECONNRESET,
		"connection reset": fsm.ECONNRESET, "broken pipe": fsm.EPIPE,
		"connection timed out": fsm.ETIMEDOUT,
	}
	knownErrnos = []fsm.Errno{
		fsm.EACCES, fsm.EADDRINUSE, fsm.EADDRNOTAVAIL, fsm.EAFNOSUPPORT, fsm.EAGAIN, fsm.EALREADY, fsm.EBADF,
		fsm.ECONNABORTED, fsm.ECONNREFUSED, fsm.ECONNRESET, fsm.EINPROGRESS, fsm.EINVAL, fsm.EISCONN, fsm.EMFILE,
		fsm.ENETUNREACH, fsm.EHOSTUNREACH, fsm.ENODEV, fsm.ENOPROTOOPT, fsm.ENOTCONN, fsm.EPIPE, fsm.ETIMEDOUT,
	}
)

// readErrno reads an errno's name, or what strerror says of it.
func readErrno(g string) (fsm.Errno, bool) {
	if e, ok := errnoTexts[g]; ok {
		return e, true
	}
	e := fsm.Errno(strings.ToUpper(g))
	return e, slices.Contains(knownErrnos, e)
}

// readResult reads how a call ends: "ok" or an errno.
func readResult(g string) (string, bool) {
	if slices.Contains(yesWords, g) || g == "0" {
		return "ok", true
	}
	e, ok := readErrno(strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(g, "fails with"), "失败")))
	return string(e), ok
}

// readFlags reads the flags of a segment, "FIN+ACK" in any order and punctuation, or as tcpdump
// writes them, "[F.]".
func readFlags(g string) (string, bool) {
	g = strings.Trim(g, " []<>()")
	if tcpdump, ok := map[string]string{"f.": "FIN+ACK", "s": "SYN", "s.": "SYN+ACK", "r": "RST", "r.": "RST+ACK", ".": "ACK", "p.": "PSH+ACK", "fp.": "FIN+PSH+ACK"}[g]; ok {
		return tcpdump, true
	}
	if slices.Contains([]string{"silence", "nothing", "none", "无", "没有", "什么也不发"}, g) {
		return "silence", true
	}
	var f fsm.Flags
	words := strings.FieldsFunc(g, func(r rune) bool { return strings.ContainsRune(" ,+/|&-、和", r) })
	for _, w := range words {
		i := slices.Index(flagNames, strings.ToUpper(w))
		if i < 0 {
			return "", false
		}
		f |= flagBits[i]
	}
	return flagsText(f), len(words) > 0
}

var (
	flagNames = []string{"SYN", "FIN", "RST", "PSH", "ACK"}
	flagBits  = []fsm.Flags{fsm.SYN, fsm.FIN, fsm.RST, fsm.PSH, fsm.ACK}
)

func flagsText(f fsm.Flags) string { return strings.Join(f.Names(), "+") }

// quantity is a number with a unit, several of which make "1 min 12 s".
var (
	quantity = regexp.MustCompile(`^(\d+(?:\.\d*)?|\.\d+)\s*([a-zµ]+|[\p{Han}]+)?\s*`)
	minutes  = regexp.MustCompile(`^(\d+):([0-5]\d(?:\.\d+)?)$`)
	seconds  = map[string]float64{
		"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
		"秒": 1, "秒钟": 1, "ms": .001, "毫秒": .001, "millisecond": .001,
		"milliseconds": .001, "m": 60, "min": 60, "mins": 60, "minute": 60,
		"minutes": 60, "分": 60, "分钟": 60, "h": 3600, "小时": 3600,
	}
	counted = map[string]float64{
		"socket": 1, "sockets": 1, "connection": 1, "connections": 1, "time": 1,
		"times": 1, "port": 1, "ports": 1, "retransmission": 1, "retransmissions": 1,
		"个": 1, "次": 1, "条": 1, "段": 1,
	}
	numberWords = map[string]float64{
		"zero": 0, "none": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
		"eight": 8, "nine": 9, "ten": 10, "零": 0, "没有": 0, "一": 1, "二": 2, "两": 2, "三": 3,
		"四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "六十": 60,
	}
)

// commaHint is said where a comma may mean a thousand or a fraction.
var commaHint = Text{En: "a comma may be read in two ways: write 1.5, or 1500", Zh: "逗号有两种读法：请写 1.5 或 1500"}

// readNumber reads a quantity in a unit, "s" or "" for a count. A hint says what to write instead.
func readNumber(s, unit string) (v float64, hint Text, ok bool) {
	g := strings.ToLower(dashes.Replace(invisible.Replace(norm.NFKC.String(s))))
	g = strings.TrimRight(strings.TrimSpace(g), " .!。")
	for _, lead := range []string{"answer", "答案是", "答案", "about", "approx", "ca", "大约", "约", "~", "≈", "=", ":"} {
		g = strings.TrimLeft(strings.TrimPrefix(g, lead), " :.=")
	}
	if strings.Contains(g, ",") {
		return 0, commaHint, false
	}
	sign := 1.0
	if rest, neg := strings.CutPrefix(g, "-"); neg {
		sign, g = -1, rest
	}
	if m := minutes.FindStringSubmatch(g); m != nil && unit == "s" {
		whole, _ := strconv.ParseFloat(m[1], 64)
		part, _ := strconv.ParseFloat(m[2], 64)
		return sign * (60*whole + part), Text{}, true
	}
	units := counted
	if unit == "s" {
		units = seconds
	}
	g = wordsToDigits(g)
	last := math.Inf(1)
	for n := 0; g != ""; n++ {
		m := quantity.FindStringSubmatch(g)
		if m == nil || n == 4 {
			return 0, Text{}, false
		}
		x, err := strconv.ParseFloat(m[1], 64)
		factor, known := units[m[2]]
		if m[2] == "" {
			factor, known = 1, n == 0 || last > 1
		}
		if err != nil || !known || factor >= last || math.IsInf(x, 0) {
			return 0, Text{}, false
		}
		v, last, g = v+x*factor, factor, g[len(m[0]):]
	}
	return sign * v, Text{}, !math.IsInf(last, 1)
}

// wordsToDigits replaces a small number in words by digits.
func wordsToDigits(g string) string {
	for _, n := range []int{2, 1} {
		r := []rune(g)
		if len(r) >= n {
			if v, ok := numberWords[string(r[:n])]; ok && r[0] > 0x80 {
				return strconv.Itoa(int(v)) + string(r[n:])
			}
		}
	}
	first, rest, _ := strings.Cut(g, " ")
	if v, ok := numberWords[first]; ok {
		return strings.TrimSpace(strconv.Itoa(int(v)) + " " + rest)
	}
	return g
}

// formatNumber writes a quantity with its unit.
func formatNumber(v float64, unit string) string {
	s := strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	if unit != "" {
		s += " " + unit
	}
	return s
}
