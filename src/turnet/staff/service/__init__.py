"""Acts on accounts and sessions. One function is one act and one transaction; passwords are hashed before it begins.

What each leaves in the audit (`staff` is the account acted on; actor `visitor` is somebody who is not logged in):
login · login_failed {from} · login_stopped {from} · code_failed {from} · recovery_used {left} · logout · session_ended ·
locked · unlocked · unlock_failed {from} · proof_failed {from} · password_set · name_set · pin_set · front_desk {on} ·
codes_on · codes_off · recovery_made · owner_joined · invited {role} · joined · reset_made · codes_cleared ·
role_changed {before, after} · disabled · enabled · sessions_ended · codes_policy {required}.
"""
