namespace BitcoinSock.Properties

/// The ways in which a loop is wrong, one at a time.
[<RequireQualifiedAccess>]
type Defect =
    | None
    | ``looks at the clock after the last byte``
    | ``looks at the interrupt after the last byte``
    | ``waits after the last byte``
    | ``does not look at the clock while it moves``
    | ``does not look at the interrupt while it moves``
    | ``tries again after a permanent error``
    | ``takes EINTR for permanent``
    | ``takes the end of the stream for an empty line``
    | ``reads one byte too many``
    | ``leaves the terminator behind``
    | ``loses the bytes of a timeout``
    | ``forgets the last partial send``
    | ``ignores a wait that failed``
    | ``calls for nothing to send``
    | ``counts the terminator``
    | ``allows one byte above the limit``
    | ``gives the code of an earlier call``
    | ``gives a code of its own``
    | ``tries again without a wait``
    | ``looks at the clock after the last byte sent``
    | ``takes an interrupt for a timeout``
    | ``takes EINPROGRESS for connected``
    | ``takes the end of its wait for connected``
    | ``says connected at the end of the stream``
    | ``takes the byte that it looks at``
