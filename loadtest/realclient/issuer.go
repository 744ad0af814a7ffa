package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// person is who sits at the browser.
type person struct {
	Subject  string
	Username string
	Email    string
	Verified bool
	Groups   []string
	// Life is how long the token lasts.
	Life time.Duration
}

// issuer is an OpenID Connect provider for tests: it lets in whoever is set as present, and answers no request that differs
// from what the specification asks of a client with PKCE.
type issuer struct {
	url      string
	clientID string
	secret   string
	key      *rsa.PrivateKey
	server   *http.Server

	mu       sync.Mutex
	present  person
	codes    map[string]grant
	tokens   map[string]person
	problems []string
}

// grant is a code that has not been exchanged.
type grant struct {
	who       person
	nonce     string
	challenge string
	redirect  string
}

func newIssuer() (*issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &issuer{
		url: "http://" + l.Addr().String(), clientID: "fleetscale", secret: rand.Text(), key: key,
		codes: map[string]grant{}, tokens: map[string]person{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /userinfo", i.userinfo)
	i.server = &http.Server{Handler: mux}
	go i.server.Serve(l)
	return i, nil
}

// sits says who logs in from now on.
func (i *issuer) sits(p person) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.present = p
}

// complaints are the requests that were not as they should be.
func (i *issuer) complaints() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.problems
}

func (i *issuer) refuse(w http.ResponseWriter, why string) {
	i.problems = append(i.problems, why)
	http.Error(w, why, http.StatusBadRequest)
}

func (i *issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	json.NewEncoder(w).Encode(map[string]any{
		"issuer": i.url, "authorization_endpoint": i.url + "/authorize", "token_endpoint": i.url + "/token",
		"userinfo_endpoint": i.url + "/userinfo", "jwks_uri": i.url + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
	})
}

func (i *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one",
		"n": encode(i.key.N.Bytes()), "e": encode(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
}

func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case err != nil || redirect.Path != "/oidc/callback":
		i.refuse(w, "redirect_uri "+q.Get("redirect_uri"))
	case q.Get("response_type") != "code" || q.Get("client_id") != i.clientID:
		i.refuse(w, "response_type or client_id")
	case !strings.Contains(" "+q.Get("scope")+" ", " openid "):
		i.refuse(w, "scope "+q.Get("scope"))
	case len(q.Get("state")) < 16 || len(q.Get("nonce")) < 16:
		i.refuse(w, "state or nonce too short")
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		i.refuse(w, "no code_challenge by S256")
	default:
		code := rand.Text()
		i.codes[code] = grant{who: i.present, nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), redirect: redirect.String()}
		back := redirect.Query()
		back.Set("code", code)
		back.Set("state", q.Get("state"))
		redirect.RawQuery = back.Encode()
		http.Redirect(w, r, redirect.String(), http.StatusFound)
	}
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	code := r.PostFormValue("code")
	g, known := i.codes[code]
	delete(i.codes, code)
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case id != i.clientID || secret != i.secret:
		i.refuse(w, "client credentials")
	case !known:
		i.refuse(w, "unknown code")
	case r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != g.redirect:
		i.refuse(w, "grant_type or redirect_uri")
	case encode(proof[:]) != g.challenge:
		i.refuse(w, "code_verifier")
	default:
		access := rand.Text()
		i.tokens[access] = g.who
		idToken, err := i.sign(g)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"access_token": access, "token_type": "Bearer", "expires_in": int(g.who.Life.Seconds()), "id_token": idToken,
		})
	}
}

func (i *issuer) sign(g grant) (string, error) {
	now := time.Now()
	header, err := json.Marshal(map[string]string{"alg": "RS256", "kid": "one", "typ": "JWT"})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": i.url, "sub": g.who.Subject, "aud": i.clientID, "nonce": g.nonce,
		"iat": now.Unix(), "exp": now.Add(g.who.Life).Unix(),
		"email": g.who.Email, "email_verified": g.who.Verified, "groups": g.who.Groups,
	})
	if err != nil {
		return "", err
	}
	text := encode(header) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return text + "." + encode(signature), nil
}

func (i *issuer) userinfo(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	who, known := i.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !known {
		http.Error(w, "unknown token", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"sub": who.Subject, "preferred_username": who.Username, "name": strings.ToUpper(who.Username),
		"email": who.Email, "email_verified": who.Verified, "groups": who.Groups,
	})
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// config is what the server is told of the issuer.
func (i *issuer) config() string {
	return fmt.Sprintf(`oidc:
  issuer: %s
  client_id: %s
  client_secret: "%s"
  scope: [openid, profile, email]
  pkce: {enabled: true, method: S256}
  allowed_domains: [example.com]
  allowed_groups: [staff@example.com]
  use_expiry_from_token: true
`, i.url, i.clientID, i.secret)
}
