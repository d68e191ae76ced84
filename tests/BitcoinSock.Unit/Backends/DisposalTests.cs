using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What becomes of what was sent, and of who waits, when a backend is let go.</summary>
public class DisposalTests
{
    private static readonly int Rounds =
        Environment.GetEnvironmentVariable("CI") == "true" ? 1000 : 60;

    public static bool IsWindows => OperatingSystem.IsWindows();

    public static IEnumerable<TheoryDataRow<string, AddressFamily, bool>> Disposals =>
        from backend in (string[])["Sock", "ManagedSock", "ManagedSock, borrowed"]
        from family in (AddressFamily[])[AddressFamily.Unix, AddressFamily.InterNetwork]
        where family != AddressFamily.Unix || !OperatingSystem.IsWindows()
        from awaited in (bool[])[false, true]
        select new TheoryDataRow<string, AddressFamily, bool>(backend, family, awaited);

    [Theory]
    [MemberData(nameof(Disposals))]
    public async Task Whoever_disposes_in_the_middle_what_was_counted_as_sent_arrives(
        string backend,
        AddressFamily family,
        bool awaited
    )
    {
        byte[] data = new byte[8 << 20];
        for (int round = 0; round < Rounds; round++)
        {
            (Sock near, Sock far) = Sock.CreatePair(family);
            using Socket? lent = backend.EndsWith("borrowed", StringComparison.Ordinal)
                ? near.ToSocket()
                : null;
            ISockAsync sock =
                backend == "Sock" ? near
                : lent is null ? new ManagedSock(near.ToSocket())
                : new ManagedSock(lent, ownsSocket: false);
            var sending = awaited
                ? Task.Run(async () => await sock.TrySendCompleteAsync(data, Within.Long))
                : Task.Run(() => sock.TrySendComplete(data, Within.Long));
            var receiving = awaited
                ? Task.Run(async () => await sock.TryRecvCompleteAsync(new byte[1], Within.Long))
                : Task.Run(() => sock.TryRecvComplete(new byte[1], Within.Long));
            Thread.SpinWait(round % 20 * 3000);
            ((IDisposable)sock).Dispose();
            lent?.Dispose();
            SockOutcome sent = await sending;
            SockOutcome received = await receiving;
            Assert.Equal(SockOutcome.Failed(NetworkError.BadHandle, sent.Count), sent);
            Assert.Equal(SockOutcome.Failed(NetworkError.BadHandle), received);
            Assert.Equal(sent.Count, far.Drain().Length);
            far.Dispose();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_forgotten_after_an_await_that_was_cut_is_closed(bool stream)
    {
        (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetwork);
        await Forget(near.ToSocket());
        SockResult end = SockResult.Fail(NetworkError.WouldBlock);
        for (int i = 0; i < 200 && end.Error == NetworkError.WouldBlock; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await far.WaitAsync(TimeSpan.FromMilliseconds(10), SockEvents.Recv);
            end = far.Recv(new byte[1], SockFlags.DontWait);
        }

        // The base library's finalizer resets what it closes.
        Assert.True(end == SockResult.Ok(0) || end == SockResult.Fail(SocketError.ConnectionReset));
        far.Dispose();

        [MethodImpl(MethodImplOptions.NoInlining)]
        async Task Forget(Socket socket)
        {
            ISockAsync sock = stream
                ? new StreamSock(new NetworkStream(socket, ownsSocket: true))
                : new ManagedSock(socket);
            SockOutcome cut = await sock.TryRecvUntilTerminatorAsync(10, new byte[9], Within.Brief);
            Assert.Equal(SockStatus.Timeout, cut.Status);
        }
    }

    [Fact]
    public async Task A_stream_is_disposed_behind_what_it_was_writing_however_long_that_takes()
    {
        var stream = new GatedStream();
        var sock = new StreamSock(stream);
        sock.Send(new byte[3], SockFlags.None);
        ValueTask disposing = sock.DisposeAsync();
        Assert.False(disposing.IsCompleted || stream.IsDisposed);
        stream.Take();
        await disposing;
        Assert.True(stream.IsDisposed);
        await sock.DisposeAsync();
        sock.Dispose();
    }

    [Fact(
        Skip = "Socket.Dispose waits there for what is awaited, which is not told (documented)",
        SkipWhen = nameof(IsWindows)
    )]
    public async Task A_socket_that_somebody_else_disposes_ends_what_waits()
    {
        (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetwork);
        using Sock end = far;
        Socket socket = near.ToSocket();
        using var sock = new ManagedSock(socket, ownsSocket: false);
        Task<SockOutcome> awaited = sock.TryRecvCompleteAsync(new byte[1], Within.Long).AsTask();
        var blocked = Background.Run(() => sock.TryRecvComplete(new byte[1], Within.Long));
        blocked.UntilBlocked();
        socket.Dispose();
        Assert.NotEqual(SockStatus.Timeout, blocked.Join().Status);
        Assert.NotEqual(SockStatus.Timeout, (await awaited).Status);
    }

    [Fact]
    public void A_socket_that_is_being_disposed_is_a_bad_handle_and_nothing_is_thrown()
    {
        (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetwork);
        far.GetSockName(out EndPoint? to).ThrowIfError("getsockname");
        using Sock end = far;
        Socket socket = near.ToSocket();
        using var sock = new ManagedSock(socket);
        socket.SafeHandle.Dispose(); // as far as another thread may have come with it
        Assert.Equal(SockResult.Fail(NetworkError.BadHandle), sock.SetNonBlocking());
        Assert.Equal(SockResult.Fail(NetworkError.BadHandle), sock.Connect(to!));
    }
}
