package api

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"fourwave/class"
	"fourwave/lab"
	"fourwave/lab/world/replay"
)

// How many event streams may be open at once: in all, and by one client.
const (
	maxStreams     = 2048
	maxStreamsEach = 64
)

// Config says what a Server serves.
type Config struct {
	Labs       *lab.Labs
	Limits     lab.Limits   // of Labs, to be told to callers
	LabsStored int          // how many labs the store keeps, to be told to callers; 0: not told
	Contract   []byte       // openapi.yaml
	Page       http.Handler // answers "/", "/favicon.ico" and "/static/"
	Hosts      []string     // names of this server beside those of the loopback interface
	Version    string

	Captures        *replay.Shelf // of captures that were read; nil: one that is no source of Labs' worlds
	Class           *class.Class  // quizzes and those who sit them
	Store           Store         // what the calls themselves keep
	TeacherPassword string        // required for making a quiz, if it is not empty
	Token           string        // the operator's, required for nearly everything, if it is not empty
	HideMetrics     bool          // /metrics is served elsewhere, by Metrics
	Log             *slog.Logger  // nil: slog.Default
}

// Server answers the calls of the contract. Its methods may be called from any goroutine.
type Server struct {
	Config
	echo      *echo.Echo
	contract  *contract
	metrics   *metrics
	docs      map[string]*asset
	streams   *places // one for each open stream
	feeds     feeds
	same      sameAnswers
	matrices  sameEachTime
	trials    chan struct{} // holds one token for each request whose trials are made
	verifying chan struct{} // holds one token while a quiz is verified
	guesses   *guesses
	reading   chan struct{} // holds one token for each capture that is read
	plain     *plainPages
	closing   chan struct{}
	close     sync.Once
}

// New makes a Server. The error says what is wrong with the contract, or that a route and the
// contract do not know each other.
func New(cfg Config) (*Server, error) {
	if cfg.Labs == nil || cfg.Page == nil || cfg.Class == nil || cfg.Store == nil {
		return nil, errors.New("api: labs, page, class and store are required")
	}
	if cfg.Captures == nil {
		cfg.Captures = replay.NewShelf()
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	contract, err := loadContract(cfg.Contract)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Config:    cfg,
		echo:      echo.New(),
		contract:  contract,
		docs:      loadDocs(),
		streams:   newPlaces(maxStreams, maxStreamsEach),
		trials:    make(chan struct{}, maxTrialRuns),
		verifying: make(chan struct{}, 1),
		guesses:   newGuesses(),
		reading:   make(chan struct{}, maxReading),
		plain:     newPlainPages(),
		closing:   make(chan struct{}),
	}
	s.metrics = newMetrics(s)
	s.echo.HTTPErrorHandler = s.answerError
	s.echo.Pre(s.observe, s.recoverPanic, hurry, secure, chooseLanguage, s.guard, s.admit, s.examine)
	if err := s.addRoutes(); err != nil {
		return nil, err
	}
	go s.sweep()
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Close ends the streams and the answers that wait, so that a graceful shutdown need not; from
// now on /readyz says 503. It does not close the labs.
func (s *Server) Close() { s.close.Do(func() { close(s.closing) }) }
