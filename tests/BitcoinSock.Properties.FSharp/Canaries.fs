/// Loops that are wrong on purpose, one way each. A law that none of them breaks is not tested.
module BitcoinSock.Properties.Canaries

open System
open System.Net.Sockets
open System.Threading
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Play

/// A plain loop, right but for its defect.
let loop defect : Loop =
    fun sock operation timeout interrupt ->
        let is other = (defect = other)
        let start = sock.Clock.GetTimestamp()

        let isLate () =
            timeout <> Timeout.InfiniteTimeSpan
            && sock.Clock.GetElapsedTime start >= timeout

        let ended status count error = SockOutcome(status, count, error)
        let mutable firstError = 0

        let note (result: SockResult) =
            if firstError = 0 then
                firstError <- result.Error

            result

        let code error =
            if is Defect.``gives the code of an earlier call`` then
                firstError
            elif is Defect.``gives a code of its own`` then
                4711
            else
                error

        let isPermanent (result: SockResult) =
            result.IsError
            && (NetworkError.IoErrorIsPermanent result.Error
                || is Defect.``takes EINTR for permanent``
                   && result.Error = SockResult.Fail(SocketError.Interrupted).Error)

        // The end after a step: None goes on.
        let between count moved events =
            if
                isLate ()
                && not (moved && is Defect.``does not look at the clock while it moves``)
            then
                Some(ended SockStatus.Timeout count 0)
            elif
                interrupt.IsCancellationRequested
                && not (moved && is Defect.``does not look at the interrupt while it moves``)
            then
                let status =
                    if is Defect.``takes an interrupt for a timeout`` then
                        SockStatus.Timeout
                    else
                        SockStatus.Interrupted

                Some(ended status count 0)
            elif moved || is Defect.``tries again without a wait`` then
                None
            else
                let slice =
                    if timeout = Timeout.InfiniteTimeSpan then
                        Sock.MaxWaitForIo
                    else
                        min
                            Sock.MaxWaitForIo
                            (max TimeSpan.Zero (timeout - sock.Clock.GetElapsedTime start))

                let mutable occurred = SockEvents.None
                let waited = sock.Wait(slice, events, &occurred, interrupt)

                if isPermanent waited && not (is Defect.``ignores a wait that failed``) then
                    Some(ended SockStatus.Failed count (code waited.Error))
                else
                    None

        let complete count =
            if is Defect.``waits after the last byte`` then
                let mutable occurred = SockEvents.None
                sock.Wait(TimeSpan.Zero, SockEvents.Recv, &occurred, interrupt) |> ignore

            if is Defect.``looks at the clock after the last byte`` && isLate () then
                ended SockStatus.Timeout count 0
            elif
                is Defect.``looks at the clock after the last byte sent``
                && operation.IsSendComplete
                && isLate ()
            then
                ended SockStatus.Timeout count 0
            elif
                is Defect.``looks at the interrupt after the last byte``
                && interrupt.IsCancellationRequested
            then
                ended SockStatus.Interrupted count 0
            else
                ended SockStatus.Ok count 0

        let mutable rounds = 0

        // A canary must not hang its test.
        let tired () =
            rounds <- rounds + 1
            rounds > 300

        let rec send (data: byte[]) sent =
            let result =
                note (sock.Send(ReadOnlySpan(data, sent, data.Length - sent), SockFlags.NoSignal))

            let now = sent + max 0 result.Count

            if tired () then
                ended SockStatus.Timeout now 0
            elif isPermanent result && not (is Defect.``tries again after a permanent error``) then
                ended SockStatus.Failed sent (code result.Error)
            elif now = data.Length then
                complete now
            else
                match between now (result.Count > 0) SockEvents.Send with
                | Some outcome when is Defect.``forgets the last partial send`` ->
                    ended outcome.Status sent outcome.Error
                | Some outcome -> outcome
                | Option.None -> send data now

        let rec recv (buffer: byte[]) received =
            let result =
                sock.Recv(Span(buffer, received, buffer.Length - received), SockFlags.None)

            let now = received + max 0 result.Count

            if tired () then
                ended SockStatus.Timeout now 0
            elif isPermanent result && not (is Defect.``tries again after a permanent error``) then
                ended SockStatus.Failed received (code result.Error)
            elif result.Count = 0 then
                ended SockStatus.Closed received 0
            elif now = buffer.Length then
                complete now
            else
                match between now (result.Count > 0) SockEvents.Recv with
                | Some outcome -> outcome
                | Option.None -> recv buffer now

        let rec line (terminator: byte) (buffer: byte[]) received =
            let window = Span(buffer, received, min 512 (buffer.Length - received))
            let peek = note (sock.Recv(window, SockFlags.Peek))
            let seen = window.Slice(0, max 0 peek.Count)
            let index = seen.IndexOf terminator

            let wanted =
                if index < 0 then
                    seen.Length
                elif is Defect.``reads one byte too many`` then
                    min seen.Length (index + 2)
                elif is Defect.``leaves the terminator behind`` then
                    index
                else
                    index + 1

            if tired () then
                ended SockStatus.Timeout received 0
            elif isPermanent peek && not (is Defect.``tries again after a permanent error``) then
                ended SockStatus.Failed received (code peek.Error)
            elif peek.Count = 0 && is Defect.``takes the end of the stream for an empty line`` then
                complete received
            elif peek.Count = 0 then
                ended SockStatus.Closed received 0
            else
                let take =
                    if peek.Count > 0 && wanted > 0 then
                        note (sock.Recv(Span(buffer, received, wanted), SockFlags.None))
                    else
                        SockResult.Ok 0

                let now = received + max 0 take.Count
                let found = index >= 0 && take.Count >= min wanted (index + 1)

                if
                    peek.Count > 0
                    && isPermanent take
                    && not (is Defect.``tries again after a permanent error``)
                then
                    ended SockStatus.Failed received (code take.Error)
                elif found then
                    complete (
                        received + index + (if is Defect.``counts the terminator`` then 1 else 0)
                    )
                elif now = buffer.Length then
                    ended SockStatus.TooLong now 0
                else
                    match between now (take.Count > 0) SockEvents.Recv with
                    | Some outcome -> outcome
                    | Option.None -> line terminator buffer now

        let isCode error (result: SockResult) =
            result.Error = SockResult.Fail(error: SocketError).Error

        let rec connect (able: IConnectingSock) target =
            let attempt = note (able.Connect target)
            let isBegun = isCode SocketError.InProgress attempt
            let isUnderWay = isBegun || isCode SocketError.AlreadyInProgress attempt

            if tired () then
                ended SockStatus.Timeout 0 0
            elif
                not attempt.IsError
                || isCode SocketError.IsConnected attempt
                || isBegun && is Defect.``takes EINPROGRESS for connected``
            then
                complete 0
            elif
                isPermanent attempt
                && not isUnderWay
                && not (is Defect.``tries again after a permanent error``)
            then
                ended SockStatus.Failed 0 (code attempt.Error)
            else
                match between 0 false SockEvents.Send with
                | Some outcome -> outcome
                | Option.None when is Defect.``takes the end of its wait for connected`` ->
                    complete 0
                | Option.None ->
                    let mutable pending = 0

                    able.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Error, &pending)
                    |> ignore

                    if pending <> 0 then
                        ended SockStatus.Failed 0 (code pending)
                    else
                        connect able target

        let probe () =
            let isTaking = is Defect.``takes the byte that it looks at``
            let flags = if isTaking then SockFlags.None else SockFlags.Peek
            let look = sock.Recv(Span [| 0uy |], flags)

            if look.Count = 0 && not (is Defect.``says connected at the end of the stream``) then
                ended SockStatus.Closed 0 0
            elif isPermanent look then
                ended SockStatus.Failed 0 (code look.Error)
            else
                ended SockStatus.Ok 0 0

        let handBack (buffer: byte[]) (outcome: SockOutcome) =
            if
                outcome.Status = SockStatus.Timeout
                && is Defect.``loses the bytes of a timeout``
            then
                SockOutcome(SockStatus.Timeout, 0, 0), [||]
            else
                outcome, Array.truncate outcome.Count buffer

        match operation with
        | Operation.SendComplete [||] when not (is Defect.``calls for nothing to send``) ->
            ended SockStatus.Ok 0 0, [||]
        | Operation.SendComplete data -> send data 0, [||]
        // A frame is read right: FrameCanaries are wrong in ways of their own.
        | Operation.ReadFrame _ -> Case.library sock operation timeout interrupt
        | Operation.ConnectComplete(target, _) ->
            connect (unbox<IConnectingSock>(box sock)) target, [||]
        | Operation.IsConnected -> probe (), [||]
        | Operation.RecvComplete 0 -> ended SockStatus.Ok 0 0, [||]
        | Operation.RecvComplete count ->
            let buffer = Array.zeroCreate count
            recv buffer 0 |> handBack buffer
        | Operation.RecvUntilTerminator(terminator, limit) ->
            let limit =
                limit
                + (if is Defect.``allows one byte above the limit`` then
                       1
                   else
                       0)

            let buffer = Array.zeroCreate limit

            if limit = 0 then
                ended SockStatus.TooLong 0 0, [||]
            else
                line terminator buffer 0 |> handBack buffer
