print("bgdemo")
