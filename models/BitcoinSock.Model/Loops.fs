namespace BitcoinSock.Model

open System
open System.Threading
open System.Threading.Tasks
open BitcoinSock

/// An operation as a loop over a backend: the library's, or a wrong one.
type Loop = ISock -> Operation -> TimeSpan -> CancellationToken -> SockOutcome * byte[]

/// Of a wait, and of every operation, there is one that blocks and one that is awaited.
[<RequireQualifiedAccess>]
type internal Form =
    | Blocking
    | Awaited

    /// What is told of it.
    member form.Title what =
        match form with
        | Blocking -> what
        | Awaited -> $"awaited: {what}"

[<RequireQualifiedAccess>]
module internal Loops =

    /// The library's own, which block.
    let blocking: Loop =
        fun sock operation timeout interrupt ->
            match operation with
            | Operation.SendComplete data ->
                SockOperations.TrySendComplete(sock, ReadOnlySpan data, timeout, interrupt), [||]
            | Operation.RecvComplete count ->
                let buffer = Array.zeroCreate count
                let outcome = SockOperations.TryRecvComplete(sock, Span buffer, timeout, interrupt)
                outcome, Array.truncate outcome.Count buffer
            | Operation.ReadFrame(terminator, limit, window) ->
                use reader = new FrameReader(sock, ReadOnlySpan terminator, limit, window)
                let mutable frame = ReadOnlySpan()
                let outcome = reader.TryRead(&frame, timeout, interrupt)
                outcome, frame.ToArray()
            | Operation.ConnectComplete(target, _) ->
                let able = unbox<IConnectingSock>(box sock)
                SockOperations.TryConnectComplete(able, target, timeout, interrupt), [||]
            | Operation.IsConnected ->
                let mutable why = ""

                // "text (code)"
                let code () =
                    int why[why.LastIndexOf '(' + 1 .. why.Length - 2]

                let outcome =
                    if SockOperations.IsConnected(sock, &why) then
                        SockOutcome(SockStatus.Ok, 0, 0)
                    elif why = "closed" then
                        SockOutcome(SockStatus.Closed, 0, 0)
                    else
                        SockOutcome(SockStatus.Failed, 0, code ())

                outcome, [||]
            | Operation.RecvUntilTerminator(terminator, limit) ->
                let line = Array.zeroCreate limit

                let outcome =
                    SockOperations.TryRecvUntilTerminator(
                        sock,
                        terminator,
                        Span line,
                        timeout,
                        interrupt
                    )

                outcome, Array.truncate outcome.Count line

    let private ended (running: ValueTask<'result>) =
        running.AsTask().GetAwaiter().GetResult()

    /// The library's own, awaited: this thread waits for their end.
    let awaited: Loop =
        fun sock operation timeout interrupt ->
            let sock = unbox<ISockAsync>(box sock)

            match operation with
            | Operation.SendComplete data ->
                SockOperations.TrySendCompleteAsync(sock, data.AsMemory(), timeout, interrupt)
                |> ended,
                [||]
            | Operation.RecvComplete count ->
                let buffer: byte[] = Array.zeroCreate count

                let outcome =
                    SockOperations.TryRecvCompleteAsync(sock, buffer.AsMemory(), timeout, interrupt)
                    |> ended

                outcome, Array.truncate outcome.Count buffer
            | Operation.RecvUntilTerminator(terminator, limit) ->
                let line: byte[] = Array.zeroCreate limit

                let outcome =
                    SockOperations.TryRecvUntilTerminatorAsync(
                        sock,
                        terminator,
                        line.AsMemory(),
                        timeout,
                        interrupt
                    )
                    |> ended

                outcome, Array.truncate outcome.Count line
            | Operation.ReadFrame(terminator, limit, window) ->
                use reader = new FrameReader(sock, ReadOnlySpan terminator, limit, window)
                let struct (outcome, frame) = reader.TryReadAsync(timeout, interrupt) |> ended
                outcome, frame.ToArray()
            | Operation.ConnectComplete(target, _) ->
                let able = unbox<IConnectingSock>(box sock)

                SockOperations.TryConnectCompleteAsync(able, target, timeout, interrupt)
                |> ended,
                [||]
            | Operation.IsConnected -> SockOperations.TryIsConnectedAsync sock |> ended, [||]

    /// The library's own, in this form.
    let ofForm form =
        match form with
        | Form.Blocking -> blocking
        | Form.Awaited -> awaited

    /// A receive of one byte; gives the outcome.
    let recvOne form sock timeout interrupt =
        ofForm form sock (Operation.RecvComplete 1) timeout interrupt |> fst

    /// No await here lasts longer than half of it, if it ends when it should.
    let private patience = TimeSpan.FromSeconds 10.0

    /// An await that never ends must not hold up those who look at it.
    let inTime (running: Task<'result>) =
        if not (Task.WaitAll([| running :> Task |], patience)) then
            raise (TimeoutException $"An await has not ended after {patience.TotalSeconds} s.")

        running.Result

    /// A wait in this form. One that is awaited does not tell what has occurred: that it was what
    /// it was asked for, is taken for granted.
    let wait form (sock: ISock) timeout requested (interrupt: CancellationToken) =
        match form with
        | Form.Blocking ->
            let mutable occurred = SockEvents.None
            let result = sock.Wait(timeout, requested, &occurred, interrupt)
            result, occurred
        | Form.Awaited ->
            let awaited = unbox<ISockAsync>(box sock)
            let result = inTime (awaited.WaitAsync(timeout, requested, interrupt).AsTask())
            result, (if result.Count > 0 then requested else SockEvents.None)
