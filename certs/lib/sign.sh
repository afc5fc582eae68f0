# What the owner does: certificates of requests.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

cmd_sign() {
	local file=${args[0]-} name start end names lines=()
	one_argument FILE.req
	[[ $file != -* ]] || file=./$file
	name=${given[--name]:-$(basename -- "$file")}
	[ -n "${given[--name]-}" ] || name=${name%.*}
	check_name "$name" 'or say --name NAME'
	[ -z "${given[--copy-san]-}" ] || [ "${#sans[@]}" -eq 0 ] || usage_error '--copy-san and --san: give one of them'
	subject=''
	[ -z "${given[--subject]-}" ] || parse_subject "${given[--subject]}"
	read_span $((365 * 86400))
	names=$(san_lines) || exit
	[ -z "$names" ] || readarray -t lines <<<"$names"

	begin
	must_be_there ca.cer 'ca init makes it'
	must_be_there ca.key 'ca init makes it'
	must_be_new "$name.cer"
	read_request "$file"
	show_request "$file"
	cut_to_ca
	agree "Sign this as $name.cer, valid from $(iso_time "$start") to $(iso_time "$end")?" 'not signed'
	get_ca_password
	if [ -n "${given[--copy-san]-}" ]; then
		lines=("subjectAltName = DER:$(san_of "$work/request.cer")")
		[ "${lines[0]}" != 'subjectAltName = DER:' ] || die 'the request asks for no subjectAltName that could be copied'
	elif [ "${#lines[@]}" -ne 0 ]; then
		lines=('subjectAltName = @kit_names' '[ kit_names ]' "${lines[@]}")
	fi
	stage_database
	sign_client "$name" "${lines[@]}"
	commit
	printf '%s\n' "Signed: $dir/$name.cer, serial $serial, valid until $(iso_time "$end")"
}

# Sets start and end from the options; without any of them it lasts as many seconds as are given.
read_span() {
	[ -z "${given[--days]-}" ] || check_days "${given[--days]}" --days
	[ -z "${given[--days]-}" ] || [ -z "${given[--end]-}" ] || usage_error '--days and --end say the same thing: give one of them'
	start=$(date +%s)
	[ -z "${given[--start]-}" ] || start=$(parse_time "${given[--start]}" --start) || exit
	end=$((start + (given[--days] ? given[--days] * 86400 : $1)))
	[ -z "${given[--end]-}" ] || end=$(parse_time "${given[--end]}" --end) || exit
	[ "$start" -lt "$end" ] || usage_error "it would end before it starts: $(iso_time "$start") to $(iso_time "$end")"
}

# sign_client NAME [LINE...]: the certificate, with those further extensions, and the database end up in the staging folder.
sign_client() {
	local file=$work/new/$1.cer
	shift
	prepare_config client_certificate "$@"
	sign_staged client_certificate "$start" "$end" "$file" sslclient
	keep_database
	[ -z "${given[--with-ca]-}" ] || is_self_signed "$dir/ca.cer" || openssl x509 -in "$dir/ca.cer" >>"$file" ||
		die "cannot write to the folder '$dir'"
}

# Signs again what a certificate was signed for: its request, its subject, its subjectAltName, for as long as it lasted.
cmd_renew() {
	local name start end san lines=() old
	one_argument 'FILE.cer or NAME'
	name=${given[--name]:-$(basename -- "${args[0]}")}
	[ -n "${given[--name]-}" ] || name=${name%.cer}
	check_name "$name" 'or say --name NAME'
	read_span 86400
	begin
	must_be_there ca.cer 'ca init makes it'
	must_be_there ca.key 'ca init makes it'
	stage_database
	find_certificate "${args[0]}"
	[ -f "$work/certificate" ] || die "the certificate $serial itself is not here: give its file"
	find_row
	[ "$row_status" != R ] || die "the certificate $serial was revoked: $row_revoked"
	old=$serial
	make_room "$name"
	find_request "$name"
	[ -n "${given[--days]-}${given[--end]-}" ] ||
		end=$((start + $(end_of "$work/certificate") - $(start_of "$work/certificate")))
	cut_to_ca
	say "The certificate $old"
	say "  of:    $(readable <<<"$row_subject")"
	say "  until: $row_end"
	agree "Sign its request again as $name.cer, valid from $(iso_time "$start") to $(iso_time "$end")?" 'not signed'
	get_ca_password
	san=$(san_of "$work/certificate")
	[ -z "$san" ] || lines[0]="subjectAltName = DER:$san"
	sign_client "$name" "${lines[@]}"
	[ "$(hash_of "$work/certificate")" = "$(hash_of "$work/new/$name.cer")" ] || die "the subject of '${args[0]}' cannot be written again"
	commit
	printf '%s\n' "Renewed: $dir/$name.cer, serial $serial, valid until $(iso_time "$end")"
	show_live "$serial"
	printf '%s\n' "The one before is good until its end, or until: ca revoke $old --reason superseded"
}

# NAME.cer gives way when it is the certificate to be renewed, which stays in issued/; no other file does.
make_room() {
	if [ -f "$dir/$1.cer" ] && openssl x509 -in "$dir/$1.cer" 2>/dev/null | cmp -s - "$work/certificate"; then
		[ -f "$dir/issued/$serial.pem" ] || keep_certificate
	else
		must_be_new "$1.cer"
	fi
}
keep_certificate() {
	cp -- "$work/certificate" "$work/new/issued/$serial.pem" && chmod 0644 "$work/new/issued/$serial.pem" ||
		die "cannot write to the folder '$dir'"
}

# Stages the request that the certificate came of; subject is set when the owner had changed it.
find_request() {
	local file
	for file in "$dir/requests/$serial.req" "$dir/$1.req" ''; do
		[ -z "$file" ] || [ ! -f "$file" ] || break
	done
	[ -n "$file" ] || die "the request of $serial is not here: put it there as $dir/$1.req"
	ssl "read '$file'" req -in "$file" -out "$work/request"
	[ "$(public_key_of req "$work/request")" = "$(public_key_of x509 "$work/certificate")" ] ||
		die "'$file' holds another key than the certificate: put its own request there, or sign this one (ca sign)"
	subject=''
	[ "$(name_of req "$work/request")" = "$(name_of x509 "$work/certificate")" ] || parse_subject "$(name_of x509 "$work/certificate")"
}
