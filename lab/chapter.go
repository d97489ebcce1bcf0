package lab

// chapters are the titles of the library's chapters, by the first tag of their experiments.
var chapters = map[string]Text{
	"first-light": {En: "The port that is still taken", Zh: "端口还被占着"},
	"close":       {En: "Closing", Zh: "关闭连接"},
	"reset":       {En: "Resets", Zh: "复位"},
	"loss":        {En: "Losses on the wire", Zh: "线路上的丢失"},
	"time-wait":   {En: "TIME-WAIT", Zh: "TIME-WAIT"},
	"fin-wait-2":  {En: "FIN-WAIT-2", Zh: "FIN-WAIT-2"},
	"close-wait":  {En: "CLOSE-WAIT", Zh: "CLOSE-WAIT"},
	"orphan":      {En: "Orphans", Zh: "孤儿连接"},
	"half-open":   {En: "Half-open connections", Zh: "半开连接"},
	"linger":      {En: "Lingering", Zh: "延迟关闭"},
	"listen":      {En: "Listening", Zh: "监听"},
	"bind":        {En: "Binding", Zh: "绑定"},
	"connect":     {En: "Connecting", Zh: "发起连接"},
	"five-tuple":  {En: "Five-tuples", Zh: "五元组"},
	"data":        {En: "Data and buffers", Zh: "数据与缓冲区"},
	"half-close":  {En: "Half-close", Zh: "半关闭"},
	"open":        {En: "Opening", Zh: "建立连接"},
}

// Chapter is the title of the library's chapter that an experiment stands in, which its first tag
// names. A tag that has no title stands for itself.
func (e *Experiment) Chapter() Text {
	if t, ok := chapters[e.Tags[0]]; ok {
		return t
	}
	return Text{En: e.Tags[0], Zh: e.Tags[0]}
}
