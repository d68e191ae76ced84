using System.Net;
using System.Net.Sockets;
using Xunit;

// Most tests wait most of the time; what must run by itself is [Alone].
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.All, MaxThreads = 8)]

namespace BitcoinSock.Unit;

/// <summary>How long tests wait: for what must not happen, and for what must.</summary>
internal static class Within
{
    public static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
}

/// <summary>Two connected sockets of each kind, waited for by each mechanism.</summary>
public enum PairKind
{
    UnixByPoll,
    UnixBySelect,
    TcpByPoll,
    TcpBySelect,
}

internal sealed class Pair : IDisposable
{
    public Pair(PairKind kind)
    {
        bool unix =
            kind is PairKind.UnixByPoll or PairKind.UnixBySelect && !OperatingSystem.IsWindows();
        (Near, Far) = Sock.CreatePair(unix ? AddressFamily.Unix : AddressFamily.InterNetwork);
        Near.Mechanism = Far.Mechanism = kind is PairKind.UnixByPoll or PairKind.TcpByPoll
            ? WaitMechanism.Poll
            : WaitMechanism.Select;
    }

    public static TheoryData<PairKind> Kinds => [.. Enum.GetValues<PairKind>()];

    public Sock Near { get; }

    public Sock Far { get; }

    /// <summary>Puts bytes where <see cref="Near"/> will read them.</summary>
    public void Arrive(params ReadOnlySpan<byte> bytes) => Far.SendComplete(bytes, Within.Long);

    /// <summary>
    /// All that <see cref="Far"/> can still read; it must end soon after Near is closed.
    /// </summary>
    public byte[] DrainFar()
    {
        Near.ShutdownSend();
        return Far.Drain();
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}

internal static class SockForTests
{
    /// <summary>A TCP listener on loopback, and where it listens.</summary>
    public static Sock Listen(out EndPoint address, int backlog = 1)
    {
        Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        listener.Listen(backlog).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? own).ThrowIfError("getsockname");
        address = own!;
        return listener;
    }

    /// <summary>Reads to the end of the stream.</summary>
    public static byte[] Drain(this Sock sock)
    {
        var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            SockResult ready = sock.Wait(Within.Long, SockEvents.Recv, out SockEvents occurred);
            Assert.False(ready.IsError);
            Assert.Equal(SockEvents.Recv, occurred & SockEvents.Recv);
            SockResult got = sock.Recv(buffer);
            Assert.False(got.IsError);
            if (got.Count == 0)
            {
                return all.ToArray();
            }

            all.Write(buffer, 0, got.Count);
        }
    }

    /// <summary>What one recv(2) would find.</summary>
    public static byte[] Peek(this Sock sock, int length)
    {
        byte[] buffer = new byte[length];
        SockResult got = sock.Recv(buffer, SockFlags.DontWait | SockFlags.Peek);
        return buffer[..Math.Max(got.Count, 0)];
    }

    /// <summary>What one recv(2) finds, without waiting.</summary>
    public static byte[] RecvNow(this ISockRecv sock, int length = 1024)
    {
        byte[] buffer = new byte[length];
        SockResult got = sock.Recv(buffer, SockFlags.DontWait);
        return buffer[..Math.Max(got.Count, 0)];
    }
}
