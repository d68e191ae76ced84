using System.Net;
using System.Net.Sockets;

namespace BitcoinSock.Field.Networks;

/// <summary>What the far end can do: it accepts one connection, and reads and writes.</summary>
internal sealed class Peer : IDisposable
{
    private const int ReadMax = 64 * 1024 * 1024;

    private readonly Sock _listener = Sock.Create(AddressFamily.InterNetwork);
    private readonly byte[] _got = new byte[ReadMax];
    private Sock _client = new();
    private int _gotCount;

    public void Dispose()
    {
        _client.Dispose();
        _listener.Dispose();
    }

    public string Obey(string verb, int[] numbers) =>
        verb switch
        {
            "listen" => Listen(numbers[0]),
            "accept" => Accept(),
            "read" => Read(numbers[0], numbers[1], numbers[2]),
            "write" => Write(numbers[0], numbers[1], numbers[2]),
            "reset" => Reset(),
            _ => $"what is {verb}?",
        };

    private string Listen(int receiveBuffer)
    {
        if (receiveBuffer > 0)
        {
            _listener
                .SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer, receiveBuffer)
                .ThrowIfError("setsockopt");
        }

        _listener.Bind(new IPEndPoint(IPAddress.Any, 0)).ThrowIfError("bind");
        _listener.Listen(16).ThrowIfError("listen");
        _listener.GetSockName(out EndPoint? endPoint).ThrowIfError("getsockname");
        return $"{((IPEndPoint)endPoint!).Port}";
    }

    private string Accept()
    {
        _listener.Accept(out _client).ThrowIfError("accept");
        return "accepted";
    }

    // So many bytes, by the piece: all that came until now, and how it ended.
    private string Read(int count, int piece, int pauseMs)
    {
        SockOutcome outcome = default;
        int end = Math.Min(_gotCount + count, ReadMax);
        while (outcome.IsOk && _gotCount < end)
        {
            int length = Math.Min(piece, end - _gotCount);
            outcome = _client.TryRecvComplete(_got.AsSpan(_gotCount, length), Scenario.Idle);
            _gotCount += outcome.Count;
            Thread.Sleep(pauseMs);
        }

        string digest = Payload.Digest(_got.AsSpan(0, _gotCount));
        return $"{_gotCount} {digest} {outcome.Status} {outcome.Error}";
    }

    private string Write(int count, int piece, int pauseMs)
    {
        byte[] payload = Payload.Of(count);
        SockOutcome outcome = default;
        int sent = 0;
        while (outcome.IsOk && sent < count)
        {
            int length = Math.Min(piece, count - sent);
            outcome = _client.TrySendComplete(payload.AsSpan(sent, length), Scenario.Patience);
            sent += outcome.Count;
            Thread.Sleep(pauseMs);
        }

        return $"{sent} {outcome.Status}";
    }

    private string Reset()
    {
        Scenario.ResetOnClose(_client);
        _client.Dispose();
        return "reset";
    }
}
