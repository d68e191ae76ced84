/// Cases that software really got wrong, each with its story. The library holds on them; the loop
/// with that defect does not, so the case has teeth.
module BitcoinSock.Properties.Regressions

open System
open Expecto
open BitcoinSock.Model
open BitcoinSock.Properties.Play
open BitcoinSock.Properties.Canaries

let private case operation (timeoutMs: float) (arrived: string) faults =
    {
        Operation = operation
        Timeout = TimeSpan.FromMilliseconds timeoutMs
        Arrived = Text.Encoding.Latin1.GetBytes arrived
        IsClosed = false
        Room = 4
        Schedule = Schedule.ofFaults faults
    }

let private line = Operation.RecvUntilTerminator('\n'B, 64)
let private late = Fault.Clock(TimeSpan.FromSeconds 1.0)

let private stories =
    [
        "bitcoin-sock: the time runs out while the last byte is taken, and the line is lost",
        Defect.``looks at the clock after the last byte``,
        case line 100.0 "HELLO\n" [ Fault.None; late ]

        "bitcoin-sock: a second of waiting behind every line",
        Defect.``waits after the last byte``,
        case line 100.0 "HELLO\n" []

        "bitcoin-sock: a peer that takes one byte at a time holds the sender for ever",
        Defect.``does not look at the clock while it moves``,
        case
            (Operation.SendComplete "data"B)
            100.0
            ""
            [ Fault.WouldBlock; late; Fault.Partial 1; Fault.Partial 1; Fault.Partial 1 ]

        "Core's SOCKS5: a signal during the wait ends the handshake",
        Defect.``takes EINTR for permanent``,
        case (Operation.RecvComplete 2) 100.0 "ok" [ Fault.WouldBlock; Fault.Interrupted ]

        "Core: what was consumed before the timeout is gone",
        Defect.``loses the bytes of a timeout``,
        case line 100.0 "HEL" []

        "Core: a wait that fails at once is a busy loop until the deadline",
        Defect.``ignores a wait that failed``,
        case line 100.0 "" [ Fault.None; Fault.WaitFails Net.Sockets.SocketError.InvalidArgument ]

        ".NET: a send that times out does not say how much the peer got",
        Defect.``forgets the last partial send``,
        case (Operation.SendComplete "too much"B) 100.0 "" [ late ]

        "this library, before its first release: a wake-up for nothing was a connection",
        Defect.``takes the end of its wait for connected``,
        case
            (Operation.ConnectComplete(
                Net.IPEndPoint(Net.IPAddress.Loopback, 9),
                TimeSpan.FromSeconds 1.0
            ))
            2000.0
            ""
            [ Fault.None; Fault.SpuriousWake ]

        "I2PSharp: the reader took bytes that were for the next protocol",
        Defect.``reads one byte too many``,
        case line 100.0 "HELLO\nbinary" []
    ]

let private holdsHere (story: string, defect, case) =
    testCase story
    <| fun () ->
        let broken = brokenBy Case.library case
        Expect.isEmpty broken (tell Case.library case)
        Expect.isNonEmpty (brokenBy (loop defect) case) $"a loop that {defect} breaks a law"

let tests = testList "what others got wrong holds here" (List.map holdsHere stories)
