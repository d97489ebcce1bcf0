package api

// plainWords are the words of the pages that need no script.
var plainWords = map[string]text{
	"tagline":  {"How a TCP connection ends, on a model and on a real kernel, side by side", "TCP 连接如何结束：模型与真实内核并排对照"},
	"sections": {"Sections", "栏目"},
	"library":  {"Experiments", "实验"},
	"guides":   {"Guides", "指南"},
	"home":     {"To the first experiment", "前往第一个实验"},
	"conflict": {"In the way", "冲突"},
	"rule":     {"Rule", "规则"},
	"passes":   {"Passes", "何时可用"},
	"remedy":   {"Remedy", "办法"},
	"open":     {"Open it in the lab", "在实验台中打开"},
	"script":   {"The script", "脚本"},
	"story":    {"What happens, line by line", "逐行经过"},
	"told": {"As the model of Linux runs it, in virtual time. Sequence numbers are relative.",
		"由 Linux 模型在虚拟时间中运行。序列号为相对值。"},
	"login": {"Log in", "登录"},
	"token": {"Token", "令牌"},
	"about-token": {"This server asks for the operator's token. It was shown when the server first started, and is " +
		"kept in the file that --token-file names.",
		"本服务器需要管理员令牌。令牌在服务器首次启动时显示，并保存在 --token-file 指定的文件中。"},
	"wrong-token": {"That is not this server's token.", "这不是本服务器的令牌。"},
	"no-token":    {"This server asks for no token.", "本服务器不需要令牌。"},
	"to-lab":      {"To the lab", "进入实验台"},
	"students": {"To take a quiz, open the link that your teacher gave you: it needs no token.",
		"参加测验请打开教师给出的链接，不需要令牌。"},
	"later": {"When the last line has run", "最后一行运行之后"},
}
