// The same decision with Go's standard library: net/http/fcgi and crypto/x509. Each request is verified.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/fcgi"
	"net/url"
	"os"
	"strings"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

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
	if _, err = certificate.Verify(x509.VerifyOptions{Roots: roots,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		return ""
	}
	return url.PathEscape(certificate.Subject.CommonName)
}

// gate SOCKET CA
func main() {
	ca, err := os.ReadFile(os.Args[2])
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	listener, err := net.Listen("unix", os.Args[1])
	must(err)
	must(fcgi.Serve(listener, http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		name := user(roots, fcgi.ProcessEnv(request))
		if name == "" {
			answer.WriteHeader(http.StatusForbidden)
			return
		}
		answer.Header().Set("Peercert-User", name)
	})))
}
