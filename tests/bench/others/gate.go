// The same decision with Go's standard library: net/http/fcgi and crypto/x509. Each request is verified.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/fcgi"
	"net/url"
	"os"
	"strings"
)

// The user's name, or "": allow cn="Dan Example" path=/pub/
func user(roots *x509.CertPool, given map[string]string) string {
	text, err := url.PathUnescape(given["SSL_CLIENT_CERT"])
	block, _ := pem.Decode([]byte(text))
	if err != nil || block == nil || !strings.HasPrefix(given["PEERCERT_PATH"], "/pub/") {
		return ""
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil || certificate.Subject.CommonName != "Dan Example" {
		return ""
	}
	if verify(certificate, roots) != nil {
		return ""
	}
	return url.PathEscape(certificate.Subject.CommonName)
}

// gate SOCKET CA
func main() {
	roots := readRoots(os.Args[2])
	serve(os.Args[1], func(answer http.ResponseWriter, request *http.Request) {
		name := user(roots, fcgi.ProcessEnv(request))
		if name == "" {
			answer.WriteHeader(http.StatusForbidden)
			return
		}
		answer.Header().Set("Peercert-User", name)
	})
}
