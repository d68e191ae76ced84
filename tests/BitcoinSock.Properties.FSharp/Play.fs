/// How a case is played on the simulated channel and on real sockets.
module BitcoinSock.Properties.Play

open BitcoinSock.Model

/// The laws that a loop breaks on the simulated channel.
let brokenBy loop case =
    Case.judge case (Case.simulate loop case)

/// The case and its trace there.
let tell loop case =
    Case.tell case (Case.simulate loop case)

/// Plays a case of the library's loops on a fresh pair of real sockets.
let real (backend: Backend) case =
    use pair = backend.CreatePair()
    PairPlay.play Case.library pair case
