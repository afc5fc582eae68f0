# What the client does: a key with its request, and both packed as PKCS#12.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

cmd_request() {
	local name=${args[0]-} names lines=()
	one_argument NAME
	check_name "$name"
	parse_subject "${given[--subject]:-CN=$name}"
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
	chmod 0644 "$work/new/$name.req" || die "cannot write to the folder '$dir'"
	commit
	printf '%s\n' "The request is made: $(name_of req "$dir/$name.req" | readable)" \
		"  $dir/$name.key  your key: it stays with you" \
		"  $dir/$name.req  the request: send it to the owner of the CA, who sends $name.cer back"
}

cmd_p12() {
	local name=${args[0]-} key_password='' chain=ca.cer kind=()
	one_argument NAME
	check_name "$name"
	[[ ${given[--friendly-name]-} != *[[:cntrl:]]* ]] ||
		usage_error '--friendly-name: control characters do not belong into a name'
	begin
	must_be_there "$name.key" 'ca request makes it'
	must_be_there "$name.cer" "the owner of the CA makes it of $name.req with ca sign"
	if [ -n "${given[--with-ca]-}" ]; then
		must_be_there ca.cer 'the owner of the CA has it'
		[ ! -f "$dir/ca-chain.cer" ] || chain=ca-chain.cer
	fi
	must_be_new "$name.p12"
	if is_encrypted "$dir/$name.key"; then
		get_password --key-pass-file CA_KEY_PASSWORD "pass phrase of $name.key"
		key_password=$password
	fi
	get_password --pass-file CA_P12_PASSWORD "password of $name.p12" 1
	# Not openssl's -legacy: that is RC2-40 for the certificate, which OpenSSL 3 itself reads only with an extra provider.
	[ -z "${given[--legacy]-}" ] || kind=(-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1)
	ssl "pack $name.key and $name.cer" pkcs12 -export -inkey "$dir/$name.key" -in "$dir/$name.cer" "${kind[@]}" \
		-name "${given[--friendly-name]:-$name}" ${given[--with-ca]:+-certfile "$dir/$chain"} \
		-passin fd:3 -passout fd:4 -out "$work/new/$name.p12" \
		3< <(printf '%s\n' "$key_password") 4< <(printf '%s\n' "$password")
	commit
	printf '%s\n' "Packed: $dir/$name.p12, which holds the key: hand its password on by another way"
	[ -n "${given[--legacy]-}" ] || printf '%s\n' \
		'If macOS, iOS, Android or an old Windows calls the password wrong although it is right, it cannot read this' \
		"file's modern encryption: move it away and make it again with --legacy."
}
