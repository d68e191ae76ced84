using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>
/// A sock around the sock of one operation, while somebody listens: it passes every call on and
/// every result back, counts them, and tells how the operation ended. So operations know nothing of
/// telemetry but where they begin and end.
/// </summary>
internal class Observed : ISockAsync, ISockConnect, ISockGetSockOpt, ISockGone, IDisposable
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
    private bool _hasEnded;

    protected Observed(object sock, string operation)
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
    public static Observed? Begin<TSock>(TSock sock, string operation) =>
        IsWanted(sock)
            ? TryMake(
                static (sock, operation) =>
                    sock is ISockSendVectored
                        ? new Vectored(sock, operation)
                        : new Observed(sock, operation),
                sock!,
                operation
            )
            : null;

    /// <summary>Tells that the operation ended.</summary>
    /// <returns>The same outcome.</returns>
    public SockOutcome End(SockOutcome outcome)
    {
        _hasEnded = true;
        Tell(outcome.Status.ToString(), outcome.Error);
        return outcome;
    }

    /// <summary>
    /// Tells that code of the caller's, a buffer writer or a clock or a backend, ended the
    /// operation by an exception. One that made no call yet was refused, and never began.
    /// </summary>
    public void Dispose()
    {
        if (!_hasEnded && _calls > 0)
        {
            Tell("Thrown", error: 0);
        }
    }

    SockResult ISockSend.Send(ReadOnlySpan<byte> data, SockFlags flags) =>
        Called(nameof(ISockSend.Send), data.Length, Call<ISockSend>().Send(data, flags), ref _sent);

    SockResult ISockRecv.Recv(Span<byte> buffer, SockFlags flags)
    {
        SockResult got = Call<ISockRecv>().Recv(buffer, flags);
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

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<SockResult> ISockWaitAsync.WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt
    )
    {
        var waited = ((ISockWaitAsync)_sock).WaitAsync(timeout, requested, interrupt);
        return Waited(
            nameof(ISockWaitAsync.WaitAsync),
            timeout,
            await waited.ConfigureAwait(false)
        );
    }

    SockResult ISockConnect.Connect(EndPoint endPoint) =>
        Called(nameof(ISockConnect.Connect), 0, Call<ISockConnect>().Connect(endPoint));

    SockResult ISockConnect.SetNonBlocking() =>
        Called(nameof(ISockConnect.SetNonBlocking), 0, Call<ISockConnect>().SetNonBlocking());

    bool ISockConnect.IsConnectedToItself() => ((ISockConnect)_sock).IsConnectedToItself();

    SockResult ISockGetSockOpt.GetSockOpt(
        SocketOptionLevel level,
        SocketOptionName name,
        out int value
    ) =>
        Called(
            nameof(ISockGetSockOpt.GetSockOpt),
            0,
            Call<ISockGetSockOpt>().GetSockOpt(level, name, out value)
        );

    /// <summary>Whether somebody listens.</summary>
    /// <exception cref="ArgumentNullException">There is no sock.</exception>
    protected static bool IsWanted<TSock>(TSock sock)
    {
        ArgumentNullException.ThrowIfNull(sock);
        FirstUse.Begin();
        return Telemetry.IsWanted;
    }

    /// <summary>
    /// What listening takes must not end an operation that would not end without it.
    /// </summary>
    protected static TObserved? TryMake<TObserved>(
        Func<object, string, TObserved> make,
        object sock,
        string operation
    )
        where TObserved : Observed
    {
        try
        {
            return make(sock, operation);
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Whom to call: counted before that is done, for it may throw.</summary>
    public TSock Call<TSock>()
    {
        _calls++;
        return (TSock)_sock;
    }

    private SockResult Called(string call, int asked, SockResult result, ref long moved)
    {
        Moved(asked, result, ref moved);
        return Called(call, asked, result);
    }

    /// <summary>Tells of a call.</summary>
    public SockResult Called(string call, int asked, SockResult result)
    {
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

    private SockResult Waited(string call, TimeSpan timeout, SockResult waited)
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

    // A backend that claims more than it was asked for has moved nothing that counts.
    private static void Moved(int asked, SockResult result, ref long moved) =>
        moved += result.IsError || result.Count > asked ? 0 : result.Count;

    private void Tell(string end, int error)
    {
        TimeSpan duration = Elapsed();
        if (Telemetry.Events is SockEventSource events)
        {
            Telemetry.Tell(
                (this, events, end, error, duration),
                static told => told.Item1.Tell(told.events, told.end, told.error, told.duration)
            );
        }

        Telemetry.Meter?.Ended(_operation, end, _sent, _received, _waits, duration);
    }

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

    private TimeSpan Elapsed()
    {
        try
        {
            return _clock.GetElapsedTime(_start);
        }
        catch (Exception)
        {
            return TimeSpan.Zero; // the clock is the caller's
        }
    }

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
                Call<ISockSendVectored>().Send(first, second, flags),
                ref _sent
            );
    }
}
