# SPDX-License-Identifier: ISC
# What the client does: a key with its request, and both packed as PKCS#12.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

cmd_request() {
	local name=${args[0]-} names lines=()
	one_argument NAME
	check_name "$name"
	parse_subject "${given[--subject]:-$(default_subject "$name")}"
	names=$(san_lines) || exit
	[ -z "$names" ] || readarray -t lines <<<"$names"
	begin may-make
	must_be_new "$name.key" "$name.req"
	password=''
	if [ -n "${given[--pass-file]-}${given[--ask-pass]-}${environment[CA_KEY_PASSWORD]+set}" ]; then
		get_password --pass-file CA_KEY_PASSWORD "pass phrase of $name.key" 4
	fi
	make_key "$work/new/$name.key"
	prepare_config client_request ${lines[0]+'subjectAltName = @kit_names'} '[ kit_names ]' "${lines[@]}"
	ssl 'make the request' req -config "$work/config" -new -key "$work/new/$name.key" -passin fd:3 \
		-utf8 -subj "$subject" ${lines[0]+-reqexts client_request} -out "$work/new/$name.req" 3< <(printf '%s\n' "$password")
	chmod 0644 "$work/new/$name.req" || cannot_write
	commit
	tell "The request is made: $(shown_name_of req "$dir/$name.req")" \
		"  $dir/$name.key  your key: it stays with you" \
		"  $dir/$name.req  the request: send this file alone to the owner of the CA, who sends $name.cer back"
	hint_new_key
}

cmd_p12() {
	local name=${args[0]-} key_password='' chain=ca.cer kind=()
	one_argument NAME
	check_name "$name"
	[[ ${given[--friendly-name]-} != *[[:cntrl:]]* ]] ||
		usage_error '--friendly-name: control characters do not belong in a name'
	begin
	must_be_key "$name.key" "$self request makes it"
	must_be_there "$name.cer" "the owner of the CA makes it from $name.req with $self sign"
	if [ -n "${given[--with-ca]-}" ]; then
		must_be_there ca.cer 'the owner of the CA has it'
		[ ! -f "$dir/ca-chain.cer" ] || chain=ca-chain.cer
	fi
	must_be_new "$name.p12"
	get_key_password "$dir/$name.key" --key-pass-file CA_KEY_PASSWORD "pass phrase of $name.key"
	key_password=$password
	get_password --pass-file CA_P12_PASSWORD "password of $name.p12" 1
	# Not openssl's -legacy: that is RC2-40 for the certificate, which OpenSSL 3 itself reads only with an extra provider.
	[ -z "${given[--legacy]-}" ] || kind=(-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1)
	ssl "pack $name.key and $name.cer" pkcs12 -export -inkey "$dir/$name.key" -in "$dir/$name.cer" "${kind[@]}" \
		-name "${given[--friendly-name]:-$name}" ${given[--with-ca]:+-certfile "$dir/$chain"} \
		-passin fd:3 -passout fd:4 -out "$work/new/$name.p12" \
		3< <(printf '%s\n' "$key_password") 4< <(printf '%s\n' "$password")
	commit
	tell "Packed: $dir/$name.p12. It holds the key: hand its password on by another way"
	hint_key "$(openssl x509 -in "$dir/$name.cer" -noout -text | sed -n 's/.*Public Key Algorithm: //p' | head -n 1)" \
		"$(openssl x509 -in "$dir/$name.cer" -noout -text | sed -n 's/.*ASN1 OID: //p' | head -n 1)"
	[ -n "${given[--legacy]-}" ] || tell \
		'If macOS, iOS, Android or an old Windows calls the password wrong although it is right, it cannot read this' \
		"file's modern encryption: move it away and make it again with --legacy."
}
