# Reading what a stranger asks for.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Copies the request into the staging folder, checks it, and makes request.cer: what it asks for in the dress of a
# certificate by a throw-away key, from which single extensions can be read without parsing a stranger's text.
read_request() {
	{ [ -f "$1" ] && [ -r "$1" ]; } || die "cannot read the request '$1'"
	[ "$(stat -L -c %s -- "$1")" -le 65536 ] || die "'$1' is too large for a request"
	openssl req -in "$1" -out "$work/request" 2>/dev/null || openssl req -inform DER -in "$1" -out "$work/request" 2>/dev/null ||
		die "'$1' is no certificate request (PKCS#10, PEM or DER)"
	openssl req -in "$work/request" -noout -verify 2>&1 | grep -q 'verify OK' ||
		die "'$1': its own signature is wrong, so whoever made it does not hold the key, or it was changed on the way"
	[ -n "$(name_of req "$work/request")" ] || [ -n "$subject" ] || die "'$1' has no subject: give one with --subject"
	read_key "$1"
	ssl 'read the request' req -config "$config" -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=kit \
		-keyout "$work/throwaway.key" -out "$work/throwaway.cer"
	ssl 'read the request' x509 -req -in "$work/request" -CA "$work/throwaway.cer" -CAkey "$work/throwaway.key" -set_serial 1 \
		-subj /CN=kit -extfile "$config" -extensions only_what_is_asked_for -copy_extensions copyall \
		-out "$work/request.cer"
	! requested basicConstraints | grep -q 'CA:TRUE' ||
		die "'$1' asks for the rights of a CA (CA:TRUE), which no client's certificate can have: nothing was signed"
	[ "$(requested subjectAltName | wc -l)" -le 2 ] || die "'$1' asks for a subjectAltName with line breaks in it"
}

# Sets key_kind and key_bits. What is weaker here is weaker than OpenSSL's security level 2, and peercert would refuse it.
read_key() {
	local least=''
	openssl req -in "$work/request" -noout -pubkey | grep -v -e -- | base64 -d >"$work/key.der" ||
		die "cannot read the key in '$1'"
	key_kind=$(openssl asn1parse -inform DER -in "$work/key.der" | sed -n 's/.*OBJECT  *:\(.*\)/\1/p' | head -n 1)
	key_bits=$(openssl pkey -pubin -inform DER -in "$work/key.der" -noout -text_pub |
		sed -n '1s/.*(\([0-9]*\) bit).*/\1/p')
	case $key_kind in
		rsaEncryption | rsassaPss) least=2048 ;;
		id-ecPublicKey) least=224 ;;
		ED25519 | ED448) return ;;
		*) die "'$1' holds a key of the kind '$key_kind', which TLS clients cannot use" ;;
	esac
	[ "${key_bits:-0}" -ge "$least" ] ||
		die "'$1' holds a key of $key_bits bits ($key_kind): less than $least is too weak to be trusted"
}

requested() { openssl x509 -in "$work/request.cer" -noout -ext "$1" 2>/dev/null; }

show_request() {
	local asked not_these=no_header,no_version,no_serial,no_signame,no_validity,no_issuer,no_subject,no_pubkey,no_sigdump
	say "The request $1"
	say "  asks for the subject:  $(name_of req "$work/request" | readable)"
	[ -z "$subject" ] || say "  which becomes:         $subject (--subject)"
	say "  holds a key:           $key_kind${key_bits:+, $key_bits bits}"
	asked=$(openssl x509 -in "$work/request.cer" -noout -text -certopt "$not_these" |
		sed -e '/X509v3 extensions:/d' -e 's/^            //' | readable)
	[ -z "$asked" ] || say $'  asks for extensions:\n    | '"${asked//$'\n'/$'\n    | '}"
	if [ -n "${given[--copy-san]-}" ]; then say '  of these the subjectAltName is copied (--copy-san), nothing else'
	elif [ -n "$asked" ]; then say '  of which nothing is copied (--copy-san copies the subjectAltName)'; fi
	[ "${#sans[@]}" -eq 0 ] || say "  gets the names:        ${sans[*]} (--san)"
}
