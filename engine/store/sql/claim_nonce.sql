-- Uses a nonce of a key, once: answers true where it is new. $1 text key id, $2 text nonce. Locks: the new row.
insert into nonce (key_id, nonce) values ($1::text, $2::text)
on conflict on constraint nonce_pk do nothing
returning true
