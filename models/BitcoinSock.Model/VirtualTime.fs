namespace BitcoinSock.Model

open System
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open BitcoinSock

/// A backend on virtual time: nobody else is there who could end a wait in vain, so it only moves
/// the clock. So does a wait that says ready again and again while nothing moves: else a deadline
/// would never come.
type VirtualTime(sock: ISock) =
    let mutable now = TimeSpan.Zero
    let mutable idle = 0

    let moved (result: SockResult) =
        idle <- if result.Count > 0 then 0 else idle
        result

    let clock = VirtualClock(fun () -> now)

    // What a wait tells that has looked, and found this: in vain it moves the clock.
    let settle timeout (interrupt: CancellationToken) (found: SockResult) =
        let isEndless = timeout = Timeout.InfiniteTimeSpan

        if found.Count <> 0 && (isEndless || idle < 8) then
            idle <- idle + 1
            found
        elif interrupt.IsCancellationRequested then
            SockResult.Fail SocketError.Interrupted
        elif isEndless then
            invalidOp "A wait for ever, and nobody is left who could end it."
        else
            now <- now + timeout
            found

    // An await that only looks need not wait, and so is not all of it. What is there must end one
    // that may last as well.
    let most = TimeSpan.FromSeconds 5.0

    let awaitIt timeout requested =
        task {
            let! look = waitAsync sock TimeSpan.Zero requested CancellationToken.None

            if look.Count <= 0 then
                return look
            else
                let isLong = timeout = Timeout.InfiniteTimeSpan || timeout > most
                let real = if isLong then most else timeout
                return! waitAsync sock real requested CancellationToken.None
        }

    member _.Now = now

    interface IConnectingSock with
        member _.Clock = clock
        member _.SetNonBlocking() = connecting sock _.SetNonBlocking()
        member _.Connect endPoint = connecting sock _.Connect(endPoint)
        member _.GetSockOpt(level, name, value) = getSockOpt sock level name &value
        member _.Send(data, flags) = moved (sock.Send(data, flags))
        member _.Recv(buffer, flags) = moved (sock.Recv(buffer, flags))

        member _.Wait(timeout, requested, occurred, interrupt) =
            let found = sock.Wait(TimeSpan.Zero, requested, &occurred)
            settle timeout interrupt found

        member _.WaitAsync(timeout, requested, interrupt) =
            ValueTask<SockResult>(
                task {
                    let! found = awaitIt timeout requested
                    return settle timeout interrupt found
                }
            )
