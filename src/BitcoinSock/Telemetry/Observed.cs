using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// A sock around the sock of one operation, while somebody listens: it passes every call on and
/// every result back, counts them, and tells how the operation ended. So operations know nothing of
/// telemetry but where they begin and end.
/// </summary>
internal class Observed : ISockAsync, ISockConnect, ISockGetSockOpt, ISockGone
{
    private readonly object _sock;
    private readonly string _operation;
    private readonly TimeProvider _clock;
    private readonly long _descriptor;
    private readonly long _start;
    private long _sent;
    private long _received;
    private int _calls;
    private int _waits;

    private Observed(object sock, string operation)
    {
        (_sock, _operation) = (sock, operation);
        _clock = (sock as ISockWait)?.Clock ?? TimeProvider.System;
        _descriptor = (sock as ISockGet)?.Get().Value ?? CSocket.Invalid.Value;
        _start = _clock.GetTimestamp();
    }

    TimeProvider ISockWait.Clock => _clock;

    CancellationToken ISockGone.Gone => (_sock as ISockGone)?.Gone ?? default;

    /// <summary>What to call instead of the sock; null if nobody listens.</summary>
    /// <param name="sock">Whose operation begins.</param>
    /// <param name="operation">Its name, for listeners.</param>
    /// <exception cref="ArgumentNullException">There is no sock.</exception>
    public static Observed? Begin<TSock>(TSock sock, string operation)
    {
        ArgumentNullException.ThrowIfNull(sock);
        FirstUse.Begin();
        return Telemetry.IsWanted ? Around(sock, operation) : null;
    }

    /// <summary>Tells that the operation ended.</summary>
    /// <returns>The same outcome.</returns>
    public SockOutcome End(SockOutcome outcome)
    {
        TimeSpan duration = _clock.GetElapsedTime(_start);
        string end = outcome.Status.ToString();
        if (Telemetry.Events is SockEventSource events)
        {
            Telemetry.Tell(
                (this, events, end, outcome.Error, duration),
                static told => told.Item1.Tell(told.events, told.end, told.Error, told.duration)
            );
        }

        Telemetry.Meter?.Ended(_operation, end, _sent, _received, _waits, duration);
        return outcome;
    }

    /// <summary>Tells so when it has.</summary>
    public async ValueTask<SockOutcome> EndAsync(ValueTask<SockOutcome> operation) =>
        End(await operation.ConfigureAwait(false));

    /// <summary>Counts a wait.</summary>
    public SockResult Waited(string call, TimeSpan timeout, SockResult waited)
    {
        _waits++;
        if (Telemetry.Events is { WantsCalls: true } events)
        {
            Telemetry.Tell(
                (events, call, timeout, waited, _descriptor),
                static told =>
                    told.events.Wait(
                        told.call,
                        told.timeout.TotalMilliseconds,
                        told.waited.Count,
                        told.waited.Error,
                        told._descriptor
                    )
            );
        }

        return waited;
    }

    SockResult ISockSend.Send(ReadOnlySpan<byte> data, SockFlags flags) =>
        Called(
            nameof(ISockSend.Send),
            data.Length,
            ((ISockSend)_sock).Send(data, flags),
            ref _sent
        );

    SockResult ISockRecv.Recv(Span<byte> buffer, SockFlags flags)
    {
        SockResult got = ((ISockRecv)_sock).Recv(buffer, flags);
        return (flags & SockFlags.Peek) != SockFlags.None
            ? Called(nameof(SockFlags.Peek), buffer.Length, got)
            : Called(nameof(ISockRecv.Recv), buffer.Length, got, ref _received);
    }

    SockResult ISockWait.Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt
    ) =>
        Waited(
            nameof(ISockWait.Wait),
            timeout,
            ((ISockWait)_sock).Wait(timeout, requested, out occurred, interrupt)
        );

    async ValueTask<SockResult> ISockAsync.WaitRecvAsync(
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        ValueTask<SockResult> waited = ((ISockAsync)_sock).WaitRecvAsync(timeout, interrupt);
        return Waited(
            nameof(ISockAsync.WaitRecvAsync),
            timeout,
            await waited.ConfigureAwait(false)
        );
    }

    async ValueTask<SockResult> ISockAsync.SendAsync(
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        // It stands where a wait does, and sends as well.
        ValueTask<SockResult> sending = ((ISockAsync)_sock).SendAsync(data, timeout, interrupt);
        SockResult taken = await sending.ConfigureAwait(false);
        Moved(data.Length, taken, ref _sent);
        return Waited(nameof(ISockAsync.SendAsync), timeout, taken);
    }

    SockResult ISockConnect.Connect(EndPoint endPoint) =>
        Called(nameof(ISockConnect.Connect), 0, ((ISockConnect)_sock).Connect(endPoint));

    SockResult ISockConnect.SetNonBlocking() =>
        Called(nameof(ISockConnect.SetNonBlocking), 0, ((ISockConnect)_sock).SetNonBlocking());

    bool ISockConnect.IsConnectedToItself() => ((ISockConnect)_sock).IsConnectedToItself();

    SockResult ISockGetSockOpt.GetSockOpt(
        SocketOptionLevel level,
        SocketOptionName name,
        out int value
    ) =>
        Called(
            nameof(ISockGetSockOpt.GetSockOpt),
            0,
            ((ISockGetSockOpt)_sock).GetSockOpt(level, name, out value)
        );

    private static Observed Around(object sock, string operation) =>
        sock is ISockSendVectored ? new Vectored(sock, operation) : new Observed(sock, operation);

    private SockResult Called(string call, int asked, SockResult result, ref long moved)
    {
        Moved(asked, result, ref moved);
        return Called(call, asked, result);
    }

    private SockResult Called(string call, int asked, SockResult result)
    {
        _calls++;
        if (Telemetry.Events is { WantsCalls: true } events)
        {
            Telemetry.Tell(
                (events, call, asked, result, _descriptor),
                static told =>
                    told.events.Call(
                        told.call,
                        told.asked,
                        told.result.Count,
                        told.result.Error,
                        told._descriptor
                    )
            );
        }

        return result;
    }

    // A backend that claims more than it was asked for has moved nothing that counts.
    private static void Moved(int asked, SockResult result, ref long moved) =>
        moved += result.IsError || result.Count > asked ? 0 : result.Count;

    private void Tell(SockEventSource events, string end, int error, TimeSpan duration) =>
        events.Operation(
            _operation,
            end,
            error,
            _sent + _received,
            _calls,
            _waits,
            duration.TotalMilliseconds,
            _descriptor
        );

    /// <summary>Around one that sends from two places at once.</summary>
    private sealed class Vectored(object sock, string operation)
        : Observed(sock, operation),
            ISockSendVectored
    {
        SockResult ISockSendVectored.Send(
            ReadOnlySpan<byte> first,
            ReadOnlySpan<byte> second,
            SockFlags flags
        ) =>
            Called(
                nameof(ISockSendVectored.Send),
                first.Length + second.Length,
                ((ISockSendVectored)_sock).Send(first, second, flags),
                ref _sent
            );
    }
}
