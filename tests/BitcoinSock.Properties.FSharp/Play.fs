/// How a case is played on the simulated channel and on real sockets.
module BitcoinSock.Properties.Play

open System
open System.Net
open System.Net.Sockets
open BitcoinSock
open BitcoinSock.Model

/// What Sock.CreatePair makes here: Windows has no socketpair(2).
let pairFamily =
    if OperatingSystem.IsWindows() then
        AddressFamily.InterNetwork
    else
        AddressFamily.Unix

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

/// Plays a connect of the library's with a real socket, to a listener that the schedule can close.
let realConnect mechanism (case: Case) =
    use listener = Sock.Create AddressFamily.InterNetwork
    let anyPort = IPEndPoint(IPAddress.Loopback, 0)
    listener.Bind(anyPort).ThrowIfError "bind" |> ignore
    listener.Listen(1).ThrowIfError "listen" |> ignore
    let mutable target: EndPoint = anyPort
    listener.GetSockName(&target).ThrowIfError "getsockname" |> ignore

    let peer =
        { new IPeer with
            member _.Write _ = 0
            member _.Read _ = -1
            member _.ShutdownSend() = ()
            member _.Reset() = listener.Dispose()
            member _.Dispose() = listener.Dispose()
        }

    use near = Sock.Create AddressFamily.InterNetwork
    near.Mechanism <- mechanism
    SockPeer.ResetOnClose near
    let timed = VirtualTime near
    let sock = FaultySock(timed, peer, case.Schedule)

    let case =
        { case with
            Operation = Operation.ConnectComplete(target, TimeSpan.Zero)
        }

    let outcome, received = Case.library sock case.Operation case.Timeout sock.Interrupt

    let now =
        timed.Now + Schedule.time (Schedule.ofFaults (sock.Steps |> List.map _.Fault))

    let look = near.Recv(Span [| 0uy |], SockFlags.Peek ||| SockFlags.DontWait)
    let isDown = look.Error = SockResult.Fail(SocketError.NotConnected).Error
    let link = if isDown then Link.Down TimeSpan.Zero else Link.Up

    case,
    {
        Outcome = outcome
        Received = received
        Steps = sock.Steps
        After =
            { case.Before with
                Now = now
                Link = link
            }
    }
