package api

import (
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/lab"
)

// text is a sentence in both languages.
type text lab.Text

func (t text) in(lang string) string {
	if lang == "zh" && t.Zh != "" {
		return t.Zh
	}
	return t.En
}

// kind is one sort of problem: what its type, its title and its page say.
type kind struct {
	slug       string
	status     int
	title      text
	about      text
	retryAfter int // seconds; 0: not said
}

// of is the same kind of problem with a detail of its own.
func (k *kind) of(en, zh string) *kind {
	special := *k
	special.about = text{en, zh}
	return &special
}

var (
	noSecretKind = &kind{slug: "no-secret", status: http.StatusUnauthorized,
		title: text{"A secret is required", "需要凭证"},
		about: text{"The call needs the header Authorization: Bearer with a teacher's key (fwt_…), an attempt's " +
			"secret (fws_…) or the operator's password.",
			"该调用需要请求头 Authorization: Bearer，内容为教师密钥（fwt_…）、作答凭证（fws_…）或管理员口令。"}}
	loginKind = &kind{slug: "login", status: http.StatusUnauthorized,
		title: text{"Log in first", "请先登录"},
		about: text{"This server asks for the operator's token: in the header Authorization: Bearer, or once at " +
			"/login, from where a browser gets a session.",
			"本服务器需要管理员令牌：放在请求头 Authorization: Bearer 中，或在 /login 登录一次，浏览器即获得会话。"}}
	wrongPINKind = &kind{slug: "wrong-pin", status: http.StatusUnauthorized,
		title: text{"No such student and PIN", "学号或 PIN 不对"},
		about: text{"The student is not in the quiz's roster, or the PIN is not the one that the roster has. Which " +
			"of the two is not said.",
			"该学生不在测验名单中，或 PIN 与名单不符；具体是哪一种不予说明。"}}
	nameTakenKind = &kind{slug: "name-taken", status: http.StatusConflict,
		title: text{"The name is taken", "该名字已被使用"},
		about: text{"Another attempt goes by this name. Its PIN, shown when it began, resumes it.",
			"已有作答使用这个名字。凭开始时显示的 PIN 可以继续该作答。"}}
	notYetKind = &kind{slug: "not-yet", status: http.StatusForbidden,
		title: text{"Not yet", "尚未到时间"},
		about: text{"The quiz has not opened, or the result is not shown yet. The member when says when, where that " +
			"is known.",
			"测验尚未开放，或结果尚未公布。若时间已知，when 给出该时间。"}}
	examKind = &kind{slug: "exam", status: http.StatusForbidden,
		title: text{"An exam is under way", "考试正在进行"},
		about: text{"While an exam is open on this server, calls that can answer its questions are closed to all but " +
			"its teacher.",
			"本服务器上有考试进行时，能够回答其题目的调用只对该考试的教师开放。"}}
	lateKind = &kind{slug: "late", status: http.StatusConflict,
		title: text{"The deadline is over", "已过截止时间"},
		about: text{"The attempt's deadline and its grace are over. What was saved before counts.",
			"作答的截止时间与宽限期均已过。此前保存的答案有效。"}}
	submittedKind = &kind{slug: "submitted", status: http.StatusConflict,
		title: text{"The attempt is submitted", "作答已提交"},
		about: text{"The attempt takes no more answers, or the student has used up the attempts that the quiz allows.",
			"该作答不再接受答案，或学生已用完测验允许的作答次数。"}}
	closedKind = &kind{slug: "closed", status: http.StatusConflict,
		title: text{"Closed", "已关闭"},
		about: text{"The quiz or the question takes nothing now: it has ended, a live question is not open, or no " +
			"hint is left.",
			"测验或题目现在不接受该操作：已经结束、实时题目未开放，或没有剩余提示。"}}
	staleAnswerKind = &kind{slug: "stale-answer", status: http.StatusConflict,
		title: text{"A newer answer is kept", "已保存更新的答案"},
		about: text{"The revision is not higher than that of the answer that is kept; kept has that answer.",
			"该版本号不高于已保存答案的版本号；kept 给出已保存的答案。"}}
	storeKind = &kind{slug: "store-unavailable", status: http.StatusServiceUnavailable, retryAfter: 5,
		title: text{"Nothing can be saved now", "现在无法保存"},
		about: text{"The disk is full or read-only, or the database does not answer. Nothing of the request was " +
			"kept; reading goes on where it can.",
			"磁盘已满或只读，或数据库没有响应。请求的内容没有保存；能读取的仍可读取。"}}
	badRequestKind = &kind{slug: "bad-request", status: http.StatusBadRequest,
		title: text{"The request breaks the contract", "请求不符合接口约定"},
		about: text{"Something in the request is not as openapi.yaml says: a member or parameter that is unknown, " +
			"missing or of the wrong type, or a body that is not JSON. The list errors says where.",
			"请求与 openapi.yaml 的约定不符：有未知、缺失或类型不对的字段或参数，或者请求体不是 JSON。errors 列出了具体位置。"}}
	crossSiteKind = &kind{slug: "cross-site", status: http.StatusForbidden,
		title: text{"The request comes from another site", "请求来自其他网站"},
		about: text{"A page of another site sent this request. Only this server's own page and programs that are not " +
			"browsers may change something here.",
			"该请求由其他网站的页面发出。只有本服务器自己的页面和非浏览器程序才能在这里做修改。"}}
	notFoundKind = &kind{slug: "not-found", status: http.StatusNotFound,
		title: text{"There is no such thing", "没有这个资源"},
		about: text{"Nothing is at this address. What was there may have been deleted, or removed because it was old.",
			"这个地址下没有内容。原有的内容可能已被删除，或因过旧而被清除。"}}
	// The same problem, of which more can be said.
	noLabKind = notFoundKind.of("There is no such lab. It may have been deleted, or removed because it was old or "+
		"many newer ones have been made.",
		"没有这个实验。它可能已被删除，或因过旧、或因新实验太多而被清除。")
	noQuizKind = notFoundKind.of("There is no such quiz, attempt or question.", "没有这个测验、作答或题目。")
	methodKind = &kind{slug: "method-not-allowed", status: http.StatusMethodNotAllowed,
		title: text{"The method is not allowed here", "此处不允许该方法"},
		about: text{"The path exists, but not for this method. The header Allow lists those that are.",
			"路径存在，但不支持该方法。响应头 Allow 列出了支持的方法。"}}
	noArrowKind = &kind{slug: "no-arrow", status: http.StatusConflict,
		title: text{"The state does not know this event", "该状态下没有这个事件"},
		about: text{"The state machine has no arrow for this event in this state. The list events has those that the " +
			"state knows.",
			"状态机在该状态下没有对应此事件的转移。events 列出了该状态能接受的事件。"}}
	notLiveKind = &kind{slug: "not-live", status: http.StatusConflict,
		title: text{"The lab takes no more steps", "实验已不再接受新的步骤"},
		about: text{"Steps can be appended only while a lab runs. This one has ended.",
			"只有正在运行的实验才能追加步骤，这个实验已经结束。"}}
	changedKind = &kind{slug: "changed", status: http.StatusPreconditionFailed,
		title: text{"It has changed", "内容已变化"},
		about: text{"If-Match names an ETag that is no longer the current one. Read it again and decide anew.",
			"If-Match 给出的 ETag 已不是当前的。请重新读取后再决定。"}}
	tooLargeKind = &kind{slug: "too-large", status: http.StatusRequestEntityTooLarge,
		title: text{"The body is too large", "请求体过大"},
		about: text{"GET /v1/capabilities says how large a body may be.", "GET /v1/capabilities 给出了请求体的大小上限。"}}
	mediaTypeKind = &kind{slug: "unsupported-media-type", status: http.StatusUnsupportedMediaType,
		title: text{"The media type is not understood", "不支持该媒体类型"},
		about: text{"The header Accept-Post lists the media types that this call understands, in UTF-8 and not " +
			"compressed.",
			"响应头 Accept-Post 列出了该接口接受的媒体类型，须为 UTF-8 且未压缩。"}}
	misdirectedKind = &kind{slug: "misdirected", status: http.StatusMisdirectedRequest,
		title: text{"The Host is not a name of this server", "Host 不是本服务器的名字"},
		about: text{"This server makes real sockets, so it answers only to names it knows: those of the loopback " +
			"interface, the one in --listen and those given with --allow-host.",
			"本服务器会创建真实的套接字，因此只响应它认识的名字：回环接口的名字、--listen 中的名字以及用 --allow-host 指定的名字。"}}
	syntaxKind = &kind{slug: "syntax-error", status: http.StatusUnprocessableEntity,
		title: text{"The script has a mistake", "脚本有错误"},
		about: text{"A line of the script is not in its language, and so nothing was run. The list errors has line, " +
			"column and the nearest known word.",
			"脚本中有不合语法的行，因此没有运行任何内容。errors 列出了行、列和最接近的已知词。"}}
	unprocessableKind = &kind{slug: "unprocessable", status: http.StatusUnprocessableEntity,
		title: text{"The request cannot be carried out", "请求无法执行"},
		about: text{"Every part of the request is as it should be, but not together, or not here. The detail says why.",
			"请求的每一部分都合乎约定，但放在一起或在此处无法执行。detail 说明了原因。"}}
	unknownWorldKind = &kind{slug: "unknown-world", status: http.StatusUnprocessableEntity,
		title: text{"There is no such world", "没有这个世界"},
		about: text{"GET /v1/capabilities lists the worlds. A trace is of one of the lab's own worlds.",
			"GET /v1/capabilities 列出了所有世界。轨迹只能取自该实验自己的世界。"}}
	unknownExperimentKind = &kind{slug: "unknown-experiment", status: http.StatusUnprocessableEntity,
		title: text{"There is no such experiment", "没有这个试验"},
		about: text{"GET /v1/experiments lists the library.", "GET /v1/experiments 列出了试验库。"}}
	unknownQuestionKind = &kind{slug: "unknown-question", status: http.StatusUnprocessableEntity,
		title: text{"The token stands for no question", "令牌不对应任何题目"},
		about: text{"The token is not one that POST /v1/questions gave, was changed on the way, or its question has " +
			"changed since it was asked. Ask again.",
			"令牌不是由 POST /v1/questions 给出的，或在传递中被改动，或者题目在出题之后已有变化。请重新取题。"}}
	noChoiceKind = &kind{slug: "no-such-choice", status: http.StatusUnprocessableEntity,
		title: text{"The answer is none of the choices", "答案不在选项之中"},
		about: text{"An answer is the id or the text of one of the question's choices.",
			"答案应是该题某个选项的 id 或文字。"}}
	keyReusedKind = &kind{slug: "key-reused", status: http.StatusUnprocessableEntity,
		title: text{"The idempotency key was used for another request", "幂等键已用于另一个请求"},
		about: text{"The same Idempotency-Key came with a different request before. A new request needs a new key.",
			"同一个 Idempotency-Key 之前随另一个不同的请求出现过。新的请求请使用新的键。"}}
	busyKind = &kind{slug: "busy", status: http.StatusTooManyRequests, retryAfter: 5,
		title: text{"A limit is reached", "已达上限"},
		about: text{"As many labs, steps or streams are under way as this server bears; GET /v1/capabilities has the " +
			"limits. Try again later.",
			"正在运行的实验、步骤或事件流已达服务器上限；GET /v1/capabilities 给出了各项上限。请稍后再试。"}}
	internalKind = &kind{slug: "internal", status: http.StatusInternalServerError,
		title: text{"The server failed", "服务器出错"},
		about: text{"This is a fault of the server. Its log says more.", "这是服务器的故障，详情见服务器日志。"}}
	cannotAskKind = &kind{slug: "cannot-ask", status: http.StatusNotImplemented,
		title: text{"The socket table cannot be read here", "这里无法读取套接字表"},
		about: text{"The doctor reads the kernel's socket table through NETLINK_SOCK_DIAG, which only Linux has; a " +
			"sandbox may forbid it.",
			"端口诊断通过 NETLINK_SOCK_DIAG 读取内核的套接字表，只有 Linux 才有；沙箱也可能禁止它。"}}
	timeoutKind = &kind{slug: "timeout", status: http.StatusServiceUnavailable, retryAfter: 5,
		title: text{"The answer took too long", "响应超时"},
		about: text{"The server gave up before the answer was ready.", "服务器在得到结果之前放弃了等待。"}}
	closingKind = &kind{slug: "shutting-down", status: http.StatusServiceUnavailable, retryAfter: 5,
		title: text{"The server is shutting down", "服务器正在关闭"},
		about: text{"It takes no more work.", "服务器不再接受新的任务。"}}
)

// kinds lists every kind of problem.
var kinds = []*kind{
	badRequestKind, crossSiteKind, notFoundKind, methodKind, noArrowKind, notLiveKind, changedKind, tooLargeKind,
	mediaTypeKind, misdirectedKind, syntaxKind, unprocessableKind, unknownWorldKind, unknownExperimentKind,
	unknownQuestionKind, noChoiceKind, keyReusedKind, busyKind, internalKind, cannotAskKind, timeoutKind, closingKind,
	noSecretKind, loginKind, wrongPINKind, nameTakenKind, notYetKind, examKind, lateKind, submittedKind, closedKind,
	staleAnswerKind, storeKind,
}

var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Status}} {{.Title}}</title>
<h1>{{.Title}}</h1>
<p>{{.About}}</p>
<p>HTTP {{.Status}} · <code>/problems/{{.Slug}}</code> · <a href="/docs">openapi.yaml</a></p>
</html>
`))

// getProblem is the page of a problem's type.
func (s *Server) getProblem(c echo.Context) error {
	for _, k := range kinds {
		if k.slug == c.Param("slug") {
			setLanguage(c)
			c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
			return problemPage.Execute(c.Response(), map[string]any{
				"Lang": langOf(c), "Status": k.status, "Slug": k.slug, "Title": k.title.in(langOf(c)),
				"About": k.about.in(langOf(c)),
			})
		}
	}
	return echo.ErrNotFound
}
